use payment_provider_core::reexport::secrecy::SecretString;

/// A merchant account at the gateway. A case creates as many accounts as it needs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MerchantAccount {
    /// Number of the account, starting at 0. Accounts of one case have different numbers.
    pub number: u32,
    /// The account's secrets, the current one first. Each is a distinct text of 40 letters and
    /// digits; use a prefix of it if the gateway's secrets are shorter.
    pub secrets: Vec<SecretString>,
}

impl MerchantAccount {
    pub(crate) fn new(number: u32, secrets: impl IntoIterator<Item = u32>) -> Self {
        let secret = |generation| {
            SecretString::from(format!(
                "canary{number:04}x{generation:04}zqjvwkxbzgqpmtyrhlndfsacb"
            ))
        };
        Self {
            number,
            secrets: secrets.into_iter().map(secret).collect(),
        }
    }

    /// Returns the current secret.
    ///
    /// # Panics
    /// Never: an account has at least one secret.
    pub fn secret(&self) -> &SecretString {
        &self.secrets[0]
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::reexport::secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn secrets_are_distinct_and_have_forty_letters_and_digits() {
        let mut seen = Vec::new();
        for account in [
            MerchantAccount::new(0, [0, 1, 2]),
            MerchantAccount::new(1, [0]),
        ] {
            for secret in account.secrets {
                let secret = secret.expose_secret().to_owned();
                assert_eq!(secret.len(), 40);
                assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                assert!(!seen.contains(&secret));
                seen.push(secret);
            }
        }
    }
}
