//! Finds the secret that signed a webhook, while a secret is being replaced.
//!
//! ```text
//! cargo run -p payment-provider-core --example webhook_signature
//! ```

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{HmacKeyring, SecretLabel, SignatureCheck};
use sha2::{Digest, Sha256};

const OLD: &str = "the secret of last year";
const NEW: &str = "the secret of this year";
const TIMESTAMP: &[u8] = b"1768471200";
const BODY: &[u8] = br#"{"payment": "p-1", "amount": "200.12"}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // During a rotation both secrets are active. The new one is first.
    let keyring = HmacKeyring::new(&[NEW, OLD].map(SecretString::from));

    // The gateway signs the timestamp and the raw body, here with the old secret.
    let mut mac = Hmac::<Sha256>::new_from_slice(OLD.as_bytes())?;
    mac.update(TIMESTAMP);
    mac.update(BODY);
    let signature = HEXLOWER.encode(&mac.finalize().into_bytes());

    // Every active secret is tried, in constant time. The label names a secret without showing it.
    let signer = keyring.signer_in_hex(Some(&signature), &[TIMESTAMP, BODY]);
    let signer = signer.ok_or("the signature does not match")?;
    println!("signed with {}, of {keyring:?}", signer.label());

    // Another body, another timestamp and a missing header have the same answer: no secret.
    for (claimed, timestamp, body) in [
        (Some(signature.as_str()), TIMESTAMP, &b"another body"[..]),
        (Some(signature.as_str()), b"1768471201", BODY),
        (None, TIMESTAMP, BODY),
    ] {
        let signer = keyring.signer_in_hex(claimed, &[timestamp, body]);
        println!("accepted: {}", signer.is_some());
    }

    // For other schemes, compute the expected signature and compare it with `SignatureCheck`. This
    // gateway hashes the body followed by the secret.
    let hash = |secret: &str| Sha256::digest([BODY, secret.as_bytes()].concat());
    let (received, labels) = (hash(NEW), ["new", "old"].map(SecretLabel::new));
    let mut check = SignatureCheck::new(&received);
    for (label, secret) in labels.iter().zip([NEW, OLD]) {
        check.compare(label, &hash(secret));
    }
    let signer = check.finish().ok_or("the signature does not match")?;
    println!("hashed with the {} secret", signer.label());
    Ok(())
}
