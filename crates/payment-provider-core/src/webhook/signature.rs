use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

/// A constant-time comparison of a delivery's signature with the signature expected for each secret
/// of a connection.
///
/// The duration of a comparison does not depend on the number of equal bytes, and all comparisons
/// are made even after a match: timing reveals neither a signature nor the index of the secret.
/// This type is the only way to obtain a [`MatchedSecret`].
///
/// # Examples
/// ```
/// use payment_provider_core::{SecretLabel, SignatureCheck, Verification};
///
/// # let (claimed, of_old, of_new) = ([7; 32], [8; 32], [7; 32]);
/// let labels = [SecretLabel::new("old"), SecretLabel::new("new")];
/// let mut check = SignatureCheck::new(&claimed);
/// check.compare(&labels[0], &of_old);
/// check.compare(&labels[1], &of_new);
/// let verification = Verification::SharedSecret(check.finish().expect("the new secret matches"));
/// assert_eq!(verification.key(), Some(&labels[1]));
/// ```
#[derive(Debug)]
pub struct SignatureCheck<'a> {
    claimed: &'a [u8],
    found: Choice,
    label: Option<&'a SecretLabel>,
}

impl<'a> SignatureCheck<'a> {
    /// Creates a check of this signature, decoded from its wire format.
    pub fn new(claimed: &'a [u8]) -> Self {
        Self {
            claimed,
            found: Choice::from(0),
            label: None,
        }
    }

    /// Compares the signature with the one expected for the secret with this label. An empty
    /// expected signature matches nothing.
    pub fn compare(&mut self, label: &'a SecretLabel, expected: &[u8]) {
        let empty = Choice::from(u8::from(expected.is_empty()));
        let equal = expected.ct_eq(self.claimed) & !empty;
        // The index of the matched secret is not confidential, and the result reveals the match
        // anyway.
        if bool::from(equal & !self.found) {
            self.label = Some(label);
        }
        self.found |= equal;
    }

    /// Returns the first secret that matched, if any.
    pub fn finish(self) -> Option<MatchedSecret> {
        self.label.cloned().map(MatchedSecret)
    }
}

/// The secret of a connection that signed a delivery, as found by [`SignatureCheck`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedSecret(SecretLabel);

impl MatchedSecret {
    /// Returns the label of the secret.
    pub const fn label(&self) -> &SecretLabel {
        &self.0
    }
}

/// The method by which a delivery was verified to come from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// A secret known only to the gateway and this connection.
    SharedSecret(MatchedSecret),
    /// A public key of the gateway, checked with a library that verifies such signatures.
    PublicKey(SecretLabel),
    /// A query to the gateway.
    Inquiry,
}

impl Verification {
    /// Returns the key that verified the delivery, if there is one.
    pub const fn key(&self) -> Option<&SecretLabel> {
        match self {
            Self::SharedSecret(MatchedSecret(label)) | Self::PublicKey(label) => Some(label),
            Self::Inquiry => None,
        }
    }
}

/// A label that identifies one of a connection's secrets without revealing it; the same secret
/// always has the same label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretLabel(String);

impl SecretLabel {
    /// Creates a label. Derive it so that the secret cannot be recovered from it.
    pub fn new(label: impl Into<String>) -> Self {
        Self(label.into())
    }

    /// Returns the label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(claimed: &[u8], secrets: &[(&str, &[u8])]) -> Option<String> {
        let labels: Vec<_> = secrets
            .iter()
            .map(|(label, _)| SecretLabel::new(*label))
            .collect();
        let mut check = SignatureCheck::new(claimed);
        for (label, (_, expected)) in labels.iter().zip(secrets) {
            check.compare(label, expected);
        }
        check.finish().map(|matched| matched.label().to_string())
    }

    #[test]
    fn the_first_secret_that_matches_is_named_wherever_it_stands() {
        let secrets: [(&str, &[u8]); 4] = [("a", b"1"), ("b", b"2"), ("c", b"2"), ("d", b"3")];
        assert_eq!(matched(b"1", &secrets).as_deref(), Some("a"));
        assert_eq!(matched(b"2", &secrets).as_deref(), Some("b"));
        assert_eq!(matched(b"3", &secrets).as_deref(), Some("d"));
        assert_eq!(matched(b"4", &secrets), None);
        assert_eq!(matched(b"1", &[]), None);
    }

    #[test]
    fn a_part_or_nothing_at_all_is_no_match() {
        for claimed in [&b""[..], b"1", b"123", b"12\0"] {
            assert_eq!(matched(claimed, &[("a", b"12")]), None);
        }
        assert_eq!(matched(b"", &[("a", b"")]), None);
    }
}
