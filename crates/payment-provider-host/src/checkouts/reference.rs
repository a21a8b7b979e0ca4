//! Checkout references, derived so that installations sharing a gateway account never collide.

use data_encoding::BASE32_NOPAD;
use payment_provider_core::{CheckoutReference, ConnectionCode, InvalidIdentifier, OrganizationId};
use sha2::{Digest, Sha256};

use crate::payable_id::PayableId;

/// The identity from which a checkout reference is derived.
pub(super) struct Origin<'a> {
    pub(super) installation: &'a str,
    pub(super) organization: &'a OrganizationId,
    pub(super) connection: &'a ConnectionCode,
    pub(super) payable: &'a PayableId,
    pub(super) attempt: i64,
}

/// Derives a reference: `<label>-` and 26 letters and digits, which encode 128 bits of a hash over
/// the origin. The same origin gives the same reference in every process on the same database.
/// Another database has another installation id, and so never derives the same reference.
pub(super) fn derive(
    label: &str,
    origin: &Origin<'_>,
) -> Result<CheckoutReference, InvalidIdentifier> {
    let mut hash = Sha256::new();
    let parts = [
        origin.installation,
        origin.organization.as_str(),
        origin.connection.as_str(),
        origin.payable.as_str(),
    ];
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(origin.attempt.to_be_bytes());
    let digest = BASE32_NOPAD
        .encode(&hash.finalize()[..16])
        .to_ascii_lowercase();
    CheckoutReference::new(format!("{label}-{digest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(installation: &str, organization: &str, payable: &str, attempt: i64) -> String {
        let origin = Origin {
            installation,
            organization: &OrganizationId::new(organization).unwrap(),
            connection: &ConnectionCode::new("main").unwrap(),
            payable: &PayableId::new(payable).unwrap(),
            attempt,
        };
        derive("pay", &origin).unwrap().to_string()
    }

    #[test]
    fn the_same_origin_gives_the_same_reference_and_every_part_of_it_counts() {
        let reference_of = reference("i", "org", "inv", 1);
        assert_eq!(reference_of, reference("i", "org", "inv", 1));
        for other in [
            reference("j", "org", "inv", 1),
            reference("i", "orgi", "nv", 1),
            reference("i", "org", "inv2", 1),
            reference("i", "org", "inv", 2),
        ] {
            assert_ne!(reference_of, other);
        }
        assert_eq!(reference_of.len(), "pay-".len() + 26);
    }

    #[test]
    fn the_longest_label_keeps_within_forty_characters() {
        let origin = Origin {
            installation: "i",
            organization: &OrganizationId::new("o").unwrap(),
            connection: &ConnectionCode::new("c").unwrap(),
            payable: &PayableId::new("p").unwrap(),
            attempt: i64::MAX,
        };
        assert!(derive("abcdefghijkl", &origin).unwrap().as_str().len() <= 40);
    }
}
