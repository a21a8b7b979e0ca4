//! The invariants of one payable and the rows on it. Pure.

use super::finding::{Checked, Found};
use super::report::Finding;
use super::{payments, refunds};
use crate::accounting::PayableRecord;
use crate::store::{AuditedPayment, AuditedRefund};

/// Returns every invariant that does not hold.
pub(super) fn findings(
    payable: &PayableRecord,
    payments: &[Checked<'_, AuditedPayment>],
    refunds: &[Checked<'_, AuditedRefund>],
) -> Vec<Finding> {
    let mut found = Found {
        payable,
        findings: Vec::new(),
    };
    payments::check(&mut found, payments);
    refunds::check(&mut found, refunds, payments);
    found.findings
}
