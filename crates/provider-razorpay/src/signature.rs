//! Razorpay's signatures, in lower-case hexadecimal. Deliveries are signed with the webhook's own
//! secret, return addresses with the secret of the API key.

use payment_provider_core::{HmacKeyring, MatchedSecret};

/// Returns the secret that produced this signature of the message; `None` for every mismatch.
pub(crate) fn signer(
    keyring: &HmacKeyring,
    claimed: Option<&str>,
    message: &[u8],
) -> Option<MatchedSecret> {
    let in_form = |text: &&str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
    keyring.signer_in_hex(claimed.filter(in_form), &[message])
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    /// Test vector from <https://github.com/razorpay/razorpay-node>.
    #[test]
    fn only_lower_case_hexadecimal_signatures_are_accepted() {
        let keyring = HmacKeyring::new(&["123456"].map(SecretString::from));
        let message = br#"{"a":1,"b":2,"c":{"d":3}}"#;
        let good = "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc";
        assert!(signer(&keyring, Some(good), message).is_some());
        for odd in [
            String::new(),
            good.to_uppercase(),
            format!(" {good}"),
            format!("{good}00"),
            format!("sha256={good}"),
            good[..62].to_owned(),
        ] {
            assert_eq!(signer(&keyring, Some(&odd), message), None, "{odd}");
        }
        assert_eq!(signer(&keyring, None, message), None);
        assert_eq!(signer(&keyring, Some(good), b"{}"), None);
    }
}
