use payment_provider_core::reexport::secrecy::SecretString;

/// A merchant account at the gateway, of which a case makes as many as it needs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MerchantAccount {
    /// 0 for the first. Two accounts of one case have different numbers.
    pub number: u32,
    /// Its secrets, the present one first. Each is 40 letters and digits, and no two are the same;
    /// take as many characters of it as your gateway's secrets have.
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

    /// The secret in use.
    ///
    /// # Panics
    /// Never: an account has at least one.
    pub fn secret(&self) -> &SecretString {
        &self.secrets[0]
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::reexport::secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn secrets_are_forty_letters_and_digits_and_differ() {
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
