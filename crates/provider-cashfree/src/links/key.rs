use bytes::Bytes;
use payment_provider_core::CheckoutReference;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// UUID namespace for the idempotency keys of this crate.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0f_1c3e_52a7_4b7e_9d0c_3a86_e1b4_7d21);

/// Derives the idempotency key of a creation. The key depends only on the reference, the bytes and
/// the renewal number, so every process derives the same one.
pub(super) fn idempotency_key(reference: &CheckoutReference, body: &Bytes, renewal: u32) -> Uuid {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(body));
    let name = format!("{reference}:{digest}:{renewal}");
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_depends_on_reference_bytes_and_renewal_and_never_changes() {
        let key = |reference: &str, body: &'static str, renewal| {
            let reference = CheckoutReference::new(reference).unwrap();
            idempotency_key(&reference, &Bytes::from_static(body.as_bytes()), renewal)
        };
        let first = key("inv-1", "{}", 0);
        assert_eq!(first.to_string(), "3369441d-128f-5d20-ad37-f108c1d3a600");
        assert_eq!(first, key("inv-1", "{}", 0));
        for other in [
            key("inv-2", "{}", 0),
            key("inv-1", "{ }", 0),
            key("inv-1", "{}", 1),
        ] {
            assert_ne!(first, other);
        }
    }
}
