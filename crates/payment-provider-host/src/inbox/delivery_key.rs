//! The identity of a delivery within its connection.

use std::fmt;
use std::hash::Hasher;

use data_encoding::HEXLOWER;
use payment_provider_core::DeliveryId;
use siphasher::sip128::{Hasher128, SipHasher24};

/// Identifies deliveries by SipHash-2-4 of 128 bits, with a secret key of the installation: over the
/// gateway's signed id, otherwise over the body.
///
/// A payer can choose parts of a body, such as a name. Without the key, no two bodies can be made that
/// have the same hash, of which the second would pass for a repetition of the first.
#[derive(Clone, Copy)]
pub(super) struct DeliveryKeys([u8; DeliveryKeys::LENGTH]);

impl DeliveryKeys {
    /// The number of bytes of the secret key.
    pub(super) const LENGTH: usize = 16;

    pub(super) const fn new(key: [u8; Self::LENGTH]) -> Self {
        Self(key)
    }

    /// Returns the key of a delivery, as 32 hexadecimal digits: equal for repetitions.
    pub(super) fn key_of(&self, id: Option<&DeliveryId>, body: &[u8]) -> String {
        // The last byte keeps an id apart from a body of the same bytes.
        let (content, kind) = match id {
            Some(id) => (id.as_str().as_bytes(), 1),
            None => (body, 0),
        };
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(content);
        hasher.write_u8(kind);
        HEXLOWER.encode(&hasher.finish128().as_bytes())
    }
}

impl fmt::Debug for DeliveryKeys {
    /// Omits the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveryKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: DeliveryKeys = DeliveryKeys::new(*b"0123456789abcdef");

    #[test]
    fn equal_bodies_have_equal_keys() {
        let key = KEYS.key_of(None, b"{\"paid\":true}");
        assert_eq!(key.len(), 32);
        assert_eq!(KEYS.key_of(None, b"{\"paid\":true}"), key);
        assert_ne!(KEYS.key_of(None, b"{\"paid\":true} "), key);
        let other = DeliveryKeys::new(*b"0123456789abcdeF");
        assert_ne!(other.key_of(None, b"{\"paid\":true}"), key);
    }

    #[test]
    fn a_signed_id_counts_instead_of_the_body() {
        let id = DeliveryId::new("evt_1").unwrap();
        let key = KEYS.key_of(Some(&id), b"one");
        assert_eq!(KEYS.key_of(Some(&id), b"two"), key);
        assert_ne!(KEYS.key_of(None, b"evt_1"), key);
        let other = DeliveryId::new("evt_2").unwrap();
        assert_ne!(KEYS.key_of(Some(&other), b"one"), key);
    }

    /// The key, the message and the result of the authors' program for 64 bytes: bytes 0, 1, 2, ...
    /// (<https://github.com/veorq/SipHash>, `vectors_sip128`). The last message byte is the mark of a body.
    #[test]
    fn the_hash_is_siphash_2_4_of_128_bits() {
        let keys = DeliveryKeys::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        // vectors_sip128[1]: the message is the single byte 0, here an empty body and its mark.
        let expected = "da87c1d86b99af44347659119b22fc45";
        assert_eq!(keys.key_of(None, b""), expected);
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{KEYS:?}"), "DeliveryKeys(..)");
    }
}
