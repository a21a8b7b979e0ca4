//! The invariants of the refunds on one payable, and of their total.

use payment_provider_core::{Money, PaymentId, RefundStatus};

use super::finding::{Checked, Found, disagreement, key, money, unreadable};
use super::report::{About, Invariant, Stated};
use crate::accounting::given_back;
use crate::store::{AuditedPayment, AuditedRefund};

pub(super) fn check(
    found: &mut Found<'_>,
    refunds: &[Checked<'_, AuditedRefund>],
    payments: &[Checked<'_, AuditedPayment>],
) {
    for Checked { row, key_owner } in refunds {
        let about = About::Refund(row.id.clone());
        found.compare_connection(
            &about,
            row.connection_pk,
            row.checkout_connection_pk,
            row.organization.as_ref(),
        );
        let about = Some(&about);
        if let Some((stated, expected)) = in_details(row) {
            found.add(Invariant::Details, about, stated, expected);
        }
        let is_ours = |pk| payments.iter().any(|payment| payment.row.pk == pk);
        if row.payment_id.is_some() && !key_owner.is_some_and(is_ours) {
            let stated = key_owner.map_or(Stated::Nothing, key);
            let expected = Stated::Text("a payment of the payable".to_owned());
            found.add(Invariant::RefundPayment, about, stated, expected);
        }
    }
    let rows = refunds.iter().map(|checked| as_it_stands(checked.row));
    let sum = given_back(found.payable.currency, rows);
    found.compare(Invariant::Refunded, found.payable.refunded, sum);
}

/// Returns the status and the amount of a refund, by its columns. An unknown status of the gateway may
/// be spelled like a known one.
pub(super) fn as_it_stands(row: &AuditedRefund) -> (RefundStatus, Money) {
    let details = row.details.as_ref().map(|details| &details.status);
    let is_unknown = matches!(details, Some(RefundStatus::Unknown(_)));
    let status = if row.status == RefundStatus::Succeeded.as_str() && !is_unknown {
        RefundStatus::Succeeded
    } else {
        RefundStatus::Unknown(row.status.clone())
    };
    (status, money(row.amount, row.currency))
}

fn in_details(row: &AuditedRefund) -> Option<(Stated, Stated)> {
    let Some(details) = &row.details else {
        return Some(unreadable());
    };
    let none = "no payment";
    let payment = details.payment_id.as_ref().map_or(none, PaymentId::as_str);
    disagreement(
        [money(row.amount, row.currency), details.amount],
        &[
            [&row.id, details.id.as_str()],
            [&row.status, details.status.as_str()],
            [row.payment_id.as_deref().unwrap_or(none), payment],
        ],
    )
}
