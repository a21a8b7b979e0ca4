//! The findings about one payable, and the comparisons that add to them.

use payment_provider_core::{Currency, Money, OrganizationId};

use super::report::{About, Finding, Invariant, Stated};
use crate::accounting::PayableRecord;

/// A posted payment, or a refund that names one, with the row key of the payment that its dedup key is
/// recorded for.
pub(super) struct Checked<'a, R> {
    pub(super) row: &'a R,
    pub(super) key_owner: Option<i64>,
}

/// The findings about one payable.
pub(super) struct Found<'a> {
    pub(super) payable: &'a PayableRecord,
    pub(super) findings: Vec<Finding>,
}

impl Found<'_> {
    pub(super) fn add(
        &mut self,
        invariant: Invariant,
        about: Option<&About>,
        stated: Stated,
        expected: Stated,
    ) {
        self.findings.push(Finding {
            invariant,
            organization: Some(self.payable.organization.clone()),
            payable: Some(self.payable.payable.clone()),
            about: about.cloned(),
            stated,
            expected,
        });
    }

    /// Adds that a total is not what it should be, unless it is.
    pub(super) fn compare(&mut self, invariant: Invariant, stated: i64, expected: i128) {
        if i128::from(stated) == expected {
            return;
        }
        let currency = self.payable.currency;
        let expected = i64::try_from(expected).map_or_else(
            |_| Stated::Text(expected.to_string()),
            |sum| Stated::Amount(money(sum, currency)),
        );
        let stated = Stated::Amount(money(stated, currency));
        self.add(invariant, None, stated, expected);
    }

    /// Adds a finding unless the connection of a row is the connection of its checkout, and belongs to
    /// the organization.
    pub(super) fn compare_connection(
        &mut self,
        about: &About,
        connection_pk: i64,
        checkout_connection_pk: i64,
        organization: Option<&OrganizationId>,
    ) {
        let about = Some(about);
        if connection_pk != checkout_connection_pk {
            let (stated, expected) = (key(connection_pk), key(checkout_connection_pk));
            self.add(Invariant::Connection, about, stated, expected);
        }
        if organization != Some(&self.payable.organization) {
            let stated = organization.map_or(Stated::Nothing, |id| Stated::Text(id.to_string()));
            let expected = Stated::Text(self.payable.organization.to_string());
            self.add(Invariant::Organization, about, stated, expected);
        }
    }
}

/// Returns the first difference between columns and details: amounts first, then words.
pub(super) fn disagreement(amounts: [Money; 2], words: &[[&str; 2]]) -> Option<(Stated, Stated)> {
    let [column, detail] = amounts;
    if column != detail {
        return Some((Stated::Amount(column), Stated::Amount(detail)));
    }
    words.iter().find_map(|[column, detail]| {
        let text = |text: &str| Stated::Text(text.to_owned());
        (*column != detail.replace('\0', "\u{fffd}") && column != detail)
            .then(|| (text(column), text(detail)))
    })
}

/// Returns the finding for details that cannot be read.
pub(super) fn unreadable() -> (Stated, Stated) {
    let expected = Stated::Text("readable details".to_owned());
    (Stated::Nothing, expected)
}

/// Returns the row key as shown in findings.
pub(super) fn key(pk: i64) -> Stated {
    Stated::Text(format!("row {pk}"))
}

pub(super) const fn money(minor_units: i64, currency: Currency) -> Money {
    Money::from_minor_units(minor_units, currency)
}
