use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{MatchedSecret, SecretLabel, SignatureCheck};

/// The active secrets of a connection at a gateway that signs with HMAC-SHA256, the most common
/// scheme.
///
/// # Examples
/// ```
/// use payment_provider_core::HmacKeyring;
/// use payment_provider_core::reexport::secrecy::SecretString;
///
/// let keyring = HmacKeyring::new(&["an older one", "Jefe"].map(SecretString::from));
/// let claimed = Some("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
/// assert!(keyring.signer_in_hex(claimed, &[b"what do ya want for nothing?"]).is_some());
/// assert!(keyring.signer_in_hex(None, &[b"what do ya want for nothing?"]).is_none());
/// ```
pub struct HmacKeyring {
    keys: Vec<(SecretLabel, Hmac<Sha256>)>,
}

impl HmacKeyring {
    /// Creates a keyring from the secrets, in the order of the
    /// [`SettingKind::SecretList`](crate::SettingKind). Each secret is labelled by a few digits of
    /// its signature of a fixed text.
    pub fn new(secrets: &[SecretString]) -> Self {
        let keys = secrets.iter().filter_map(|secret| {
            // HMAC accepts a key of any length, so no secret is omitted.
            let key = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
            let digest = signature(&key, &[b"payment-provider-core: label of a secret"]);
            let label = SecretLabel::new(HEXLOWER.encode(&digest[..4]));
            Some((label, key))
        });
        Self {
            keys: keys.collect(),
        }
    }

    /// Returns the secret that produces this signature for the concatenated parts; `None` for every
    /// mismatch. The time taken does not depend on which secret matches.
    pub fn signer(&self, claimed: &[u8], parts: &[&[u8]]) -> Option<MatchedSecret> {
        let mut check = SignatureCheck::new(claimed);
        for (label, key) in &self.keys {
            check.compare(label, &signature(key, parts));
        }
        check.finish()
    }

    /// Returns the secret as [`signer`](Self::signer) does, for a signature in hexadecimal digits
    /// of either case. A missing or malformed signature is compared like any other and matches
    /// nothing.
    pub fn signer_in_hex(&self, claimed: Option<&str>, parts: &[&[u8]]) -> Option<MatchedSecret> {
        let text = claimed.unwrap_or_default().as_bytes();
        let claimed = HEXLOWER_PERMISSIVE.decode(text).unwrap_or_default();
        self.signer(&claimed, parts)
    }
}

fn signature(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for HmacKeyring {
    /// Prints the labels only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.keys.iter().map(|(label, _)| label);
        f.debug_list().entries(labels).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(secrets: &[&str]) -> HmacKeyring {
        let secrets: Vec<_> = secrets.iter().copied().map(SecretString::from).collect();
        HmacKeyring::new(&secrets)
    }

    /// Test case 2 of RFC 4231.
    #[test]
    fn a_published_signature_is_found_however_the_text_is_parted_and_wherever_the_secret_stands() {
        let published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let claimed = HEXLOWER.decode(published.as_bytes()).unwrap();
        let label = keyring(&["Jefe"]).keys[0].0.clone();
        for secrets in [&["Jefe"][..], &["other", "Jefe"], &["Jefe", "other"]] {
            let keyring = keyring(secrets);
            for parts in [
                &[&b"what do ya want for nothing?"[..]][..],
                &[b"what do ya want ", b"for nothing?"],
            ] {
                let signer = keyring.signer(&claimed, parts).unwrap();
                assert_eq!(*signer.label(), label, "{secrets:?}");
            }
            assert_eq!(keyring.signer(&claimed, &[b"what do ya want"]), None);
            assert_eq!(
                keyring.signer(&claimed[..31], &[b"what do ya want for nothing?"]),
                None
            );
        }
        assert_eq!(
            keyring(&["other"]).signer(&claimed, &[b"what do ya want for nothing?"]),
            None
        );
        assert_eq!(keyring(&[]).signer(b"", &[]), None);
    }

    #[test]
    fn hexadecimal_digits_are_read_large_or_small_and_anything_else_matches_nothing() {
        let published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let keyring = keyring(&["Jefe"]);
        let matches = |claimed: Option<&str>| {
            let parts: &[&[u8]] = &[b"what do ya want for nothing?"];
            keyring.signer_in_hex(claimed, parts).is_some()
        };
        assert!(matches(Some(published)) && matches(Some(&published.to_uppercase())));
        let (cut, longer, spaced) = (
            &published[..62],
            format!("{published}00"),
            format!(" {published}"),
        );
        for odd in [
            None,
            Some(""),
            Some("zz"),
            Some("5"),
            Some(cut),
            Some(&longer),
            Some(&spaced),
        ] {
            assert!(!matches(odd), "{odd:?}");
        }
    }

    #[test]
    fn labels_tell_secrets_apart_and_give_nothing_away() {
        let label = |secret| keyring(&[secret]).keys[0].0.clone();
        assert_eq!(label("canary"), label("canary"));
        assert_ne!(label("canary"), label("canary2"));
        assert_eq!(label("canary").as_str().len(), 8);
        let shown = format!("{:?}", keyring(&["canary", ""]));
        assert!(shown.contains(label("canary").as_str()) && !shown.contains("canary"));
    }
}
