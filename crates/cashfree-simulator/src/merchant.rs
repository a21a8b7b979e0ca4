//! Merchant accounts and their credentials.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Client id of the default merchant.
pub const DEFAULT_CLIENT_ID: &str = "TEST_SIMULATOR";

/// Client secret of the default merchant.
pub const DEFAULT_CLIENT_SECRET: &str = "cfsk_ma_test_simulator";

/// A merchant account: its client id, its secrets and the name shown to payers.
///
/// Every secret authenticates calls. Webhooks are signed with the first one.
#[derive(Clone)]
pub struct Merchant {
    pub(crate) client_id: String,
    pub(crate) client_secrets: Vec<String>,
    pub(crate) name: String,
}

impl Merchant {
    /// Creates an account with one secret. Its name is its client id.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        let client_id = client_id.into();
        Self {
            name: client_id.clone(),
            client_id,
            client_secrets: vec![client_secret.into()],
        }
    }

    /// Adds an accepted secret, as during a rotation.
    pub fn with_secret(mut self, client_secret: impl Into<String>) -> Self {
        self.client_secrets.push(client_secret.into());
        self
    }

    /// Sets the name shown on the payment page.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the name shown on the payment page.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns true if `candidate` is one of the secrets. Compares with all of them in constant time.
    pub(crate) fn accepts(&self, candidate: &str) -> bool {
        let candidate = Sha256::digest(candidate.as_bytes());
        let found = self
            .client_secrets
            .iter()
            .fold(Choice::from(0), |found, secret| {
                found
                    | Sha256::digest(secret.as_bytes())
                        .as_slice()
                        .ct_eq(candidate.as_slice())
            });
        found.into()
    }

    /// Returns the secret that signs webhooks.
    pub(crate) fn signing_secret(&self) -> &str {
        self.client_secrets.first().map_or("", String::as_str)
    }

    /// Checks the account. The error is the invalid field and the rule it breaks.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let header_safe = |text: &String| {
            !text.is_empty()
                && text.len() <= 200
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !header_safe(&self.client_id) {
            return Err((
                "client_id",
                "must have 1 to 200 visible ASCII characters without blanks",
            ));
        }
        if self.client_secrets.is_empty() || !self.client_secrets.iter().all(header_safe) {
            return Err((
                "client_secrets",
                "must contain at least one secret of 1 to 200 visible ASCII characters",
            ));
        }
        Ok(())
    }
}

impl Default for Merchant {
    fn default() -> Self {
        Self::new(DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET).with_name("Simulated Merchant")
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("client_id", &self.client_id)
            .field(
                "client_secrets",
                &format_args!("[{} redacted]", self.client_secrets.len()),
            )
            .field("name", &self.name)
            .finish()
    }
}

/// An account in the control API, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MerchantSnapshot {
    /// The client id.
    pub client_id: String,
    /// The name shown on the payment page.
    pub name: String,
    /// Number of accepted secrets.
    pub secrets: usize,
}

impl From<&Merchant> for MerchantSnapshot {
    fn from(merchant: &Merchant) -> Self {
        Self {
            client_id: merchant.client_id.clone(),
            name: merchant.name.clone(),
            secrets: merchant.client_secrets.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_accepted_and_none_is_in_debug_output() {
        let merchant = Merchant::new("id", "old-secret").with_secret("new-secret");
        assert!(merchant.accepts("old-secret") && merchant.accepts("new-secret"));
        assert!(!merchant.accepts("") && !merchant.accepts("old-secre"));
        assert!(!format!("{merchant:?}").contains("secret\""));
        assert_eq!(merchant.signing_secret(), "old-secret");
    }
}
