use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

/// Compares the signature of a delivery with what each of a connection's secrets gives for it.
///
/// Every comparison takes the same time however much agrees, and all of them are made whichever
/// matches: neither a signature nor the number of a secret can be found out from how long it takes.
/// It is the only way to a [`MatchedSecret`].
///
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
    /// A check of this signature, decoded from the form in which it was sent.
    pub fn new(claimed: &'a [u8]) -> Self {
        Self {
            claimed,
            found: Choice::from(0),
            label: None,
        }
    }

    /// Compares with the signature that the secret of this label gives. One of no bytes matches
    /// nothing.
    pub fn compare(&mut self, label: &'a SecretLabel, expected: &[u8]) {
        let empty = Choice::from(u8::from(expected.is_empty()));
        let equal = expected.ct_eq(self.claimed) & !empty;
        // Which secret matched is no secret; that it matched is told by the answer.
        if bool::from(equal & !self.found) {
            self.label = Some(label);
        }
        self.found |= equal;
    }

    /// The first secret that matched, if any did.
    pub fn finish(self) -> Option<MatchedSecret> {
        self.label.cloned().map(MatchedSecret)
    }
}

/// One of a connection's secrets, found by [`SignatureCheck`] to be the one a delivery was signed
/// with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedSecret(SecretLabel);

impl MatchedSecret {
    /// Which one.
    pub const fn label(&self) -> &SecretLabel {
        &self.0
    }
}

/// How it was made sure that a delivery comes from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// By a secret that only the gateway and this connection know.
    SharedSecret(MatchedSecret),
    /// By a public key of the gateway, with a library that verifies such signatures.
    PublicKey(SecretLabel),
    /// By asking the gateway.
    Inquiry,
}

impl Verification {
    /// The key it was verified with, where there is one.
    pub const fn key(&self) -> Option<&SecretLabel> {
        match self {
            Self::SharedSecret(MatchedSecret(label)) | Self::PublicKey(label) => Some(label),
            Self::Inquiry => None,
        }
    }
}

/// Names one of a connection's secrets without giving it away, the same for the same secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretLabel(String);

impl SecretLabel {
    /// A label. Derive it so that the secret cannot be found from it.
    pub fn new(label: impl Into<String>) -> Self {
        Self(label.into())
    }

    /// The label as text.
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
