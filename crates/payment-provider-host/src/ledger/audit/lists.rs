//! Lists of payments that were begun and not posted as a whole.

use super::report::{About, Finding, Invariant, Stated};
use crate::store::IncompleteList;
use crate::timestamp::from_millis;

/// The time in which a list is posted as a whole, in milliseconds: one hour. A delivery that fails meanwhile
/// is tried again several times.
pub(super) const PATIENCE: i64 = 60 * 60 * 1_000;

/// Returns the finding about a list of which only a part is recorded.
pub(super) fn finding(list: IncompleteList) -> Finding {
    let begun_at = from_millis(list.begun_at);
    Finding {
        invariant: Invariant::WholeList,
        organization: Some(list.organization),
        payable: Some(list.payable),
        about: Some(About::Checkout(list.reference)),
        stated: Stated::Text(format!("a part since {begun_at}")),
        expected: Stated::Text("the whole list".to_owned()),
    }
}
