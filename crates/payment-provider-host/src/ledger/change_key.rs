use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Cause, PayableChange};

/// The first part of every key before it is hashed: a change of the way keys are made changes it.
const MADE_AS: &str = "payable-change-1";

/// Identifies one change of one payable: the same each time that the host's handler is notified of it.
///
/// No two changes that took effect have the same key, whatever their cause, payable, connection or
/// tenant. 64 characters of lower-case hexadecimal, from which nothing can be read. The way it is made
/// does not change between versions of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeKey(String);

impl ChangeKey {
    pub(crate) fn of(change: &PayableChange<'_>) -> Self {
        let mut parts = vec![
            MADE_AS.to_owned(),
            change.organization.to_string(),
            change.payable.to_string(),
            change
                .connection
                .map(ToString::to_string)
                .unwrap_or_default(),
        ];
        match change.cause {
            Cause::Posted { payment, .. } => {
                parts.extend(["posted".to_owned(), payment.dedup_key().to_string()]);
            }
            Cause::Attempted { payment } => {
                parts.extend(["attempted".to_owned(), payment.dedup_key().to_string()]);
            }
            Cause::Refunded { refund, counts } => {
                // The amount of a refund may be corrected, and its payable.
                let (amount, currency) = (refund.amount.minor_units(), refund.amount.currency());
                let counts = if counts { "counts" } else { "does not count" };
                parts.extend([
                    "refunded".to_owned(),
                    refund.dedup_key().to_string(),
                    format!("{amount} {}", currency.code()),
                    counts.to_owned(),
                ]);
            }
            Cause::Closed { reason } => {
                parts.extend(["closed", reason.as_str()].map(str::to_owned));
            }
            Cause::Checkout { reference, state } => {
                let parts_of = ["checkout", reference.as_str(), state.as_str()];
                parts.extend(parts_of.map(str::to_owned));
            }
        }
        let mut hash = Sha256::new();
        for part in parts {
            // With its length, since a name may contain any separator.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(HEXLOWER.encode(&hash.finalize()))
    }

    /// Returns the key as text, to store under a unique constraint.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
