//! Signatures: HMAC-SHA256 in hexadecimal, under one of the connection's secrets.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::{MatchedSecret, SecretLabel, SignatureCheck, Verification};
use sha2::{Digest, Sha256};

use crate::flaw::{Flaw, Profile};

pub(super) struct Keyring {
    keys: Vec<(SecretLabel, SecretString)>,
    profile: Profile,
}

impl Keyring {
    pub(super) fn new(secrets: &[SecretString], number: usize, profile: Profile) -> Self {
        let most = if profile.has(Flaw::FirstSecretOnly) {
            1
        } else {
            usize::MAX
        };
        let keys = secrets.iter().take(most);
        let keys = keys.map(|secret| (label(secret, number, profile), secret.clone()));
        Self {
            keys: keys.collect(),
            profile,
        }
    }

    pub(super) fn verify(&self, parts: &[&[u8]], claimed: &str) -> Option<Verification> {
        if self.profile.has(Flaw::ComparesWithEqualsOperator) {
            return self.equals(parts, claimed);
        }
        self.matched(parts, claimed).map(Verification::SharedSecret)
    }

    pub(super) fn matched(&self, parts: &[&[u8]], claimed: &str) -> Option<MatchedSecret> {
        let claimed = HEXLOWER.decode(claimed.as_bytes()).unwrap_or_default();
        if self.profile.has(Flaw::VerifiesNothing) {
            return self.any_secret();
        }
        let compared = if self.profile.has(Flaw::ComparesHalfTheSignature) {
            16
        } else {
            claimed.len().max(32)
        };
        let mut check = SignatureCheck::new(claimed.get(..compared).unwrap_or(&claimed));
        for (label, secret) in &self.keys {
            let expected = mac(secret, parts);
            check.compare(label, &expected[..compared.min(expected.len())]);
        }
        check.finish()
    }

    /// Returns the first secret as matched, by comparing a text with itself.
    pub(super) fn any_secret(&self) -> Option<MatchedSecret> {
        let (label, _) = self.keys.first()?;
        let mut check = SignatureCheck::new(b"anything");
        check.compare(label, b"anything");
        check.finish()
    }

    fn equals(&self, parts: &[&[u8]], claimed: &str) -> Option<Verification> {
        let mut secrets = self.keys.iter().map(|(_, secret)| mac(secret, parts));
        let found = secrets.any(|expected| HEXLOWER.encode(&expected) == claimed);
        found.then_some(Verification::Inquiry)
    }
}

fn mac(secret: &SecretString, parts: &[&[u8]]) -> Vec<u8> {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn label(secret: &SecretString, number: usize, profile: Profile) -> SecretLabel {
    if profile.has(Flaw::OneLabelForAllSecrets) {
        return SecretLabel::new("webhook secret");
    }
    if profile.has(Flaw::SecretLabelPerConnection) {
        let secret = label(
            secret,
            number,
            Profile {
                flaw: None,
                ..profile
            },
        );
        return SecretLabel::new(format!("{number}-{secret}"));
    }
    let secret = secret.expose_secret();
    if profile.has(Flaw::SecretAsLabel) {
        return SecretLabel::new(&secret[..18]);
    }
    let digest = Sha256::digest(format!("acme secret label: {secret}"));
    SecretLabel::new(HEXLOWER.encode(&digest[..8]))
}
