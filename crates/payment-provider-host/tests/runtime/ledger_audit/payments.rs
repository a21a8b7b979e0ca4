//! Totals, payments and deduplication keys that were tampered with.

use payment_provider_core::*;
use payment_provider_host::ledger::audit::Invariant as I;
use payment_provider_host::ledger::audit::Stated;
use payment_provider_host::prelude::*;

use super::assert_found;
use crate::fixture::database::{Database, each_database, tamper};
use crate::fixture::{Bench, organization};

each_database! {
    each_total_and_each_row_that_is_tampered_with_is_found,
    a_finding_says_whose_payable_it_is_and_both_numbers,
}

const SECOND: &str = "allocation_outcome = 'duplicate'";

/// Changes of the rows of an overpaid invoice, each with the invariants that it breaks.
const TAMPERED: &[(&str, &[I])] = &[
    (
        "UPDATE payables SET received = received - 1, overpaid = overpaid - 1",
        &[I::Received, I::Overpaid],
    ),
    (
        "UPDATE payables SET applied = applied - 1, overpaid = overpaid + 1",
        &[I::Applied, I::Overpaid, I::Split],
    ),
    (
        "UPDATE payables SET applicable = applicable + 500",
        &[I::Split, I::Applicable],
    ),
    ("UPDATE payables SET amount = amount + 1", &[I::Applicable]),
    (
        "UPDATE payables SET currency = 'USD'",
        &[
            I::Currency,
            I::Currency,
            I::Received,
            I::Applied,
            I::Overpaid,
        ],
    ),
    (
        "UPDATE payments SET amount = amount + 1, overpaid = overpaid + 1 WHERE SECOND",
        &[I::Details, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET applied = applied - 1, overpaid = overpaid + 1 WHERE allocation_outcome = 'exact'",
        &[I::Applied, I::Overpaid],
    ),
    (
        "UPDATE payments SET applied = -1, overpaid = amount + 1 WHERE SECOND",
        &[I::Shares, I::Applied, I::Overpaid],
    ),
    (
        "UPDATE payments SET allocation_outcome = 'currency_mismatch' WHERE allocation_outcome = 'exact'",
        &[I::Shares, I::Received, I::Applied],
    ),
    (
        "UPDATE payments SET allocation_outcome = NULL WHERE SECOND",
        &[I::Posted, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET status = 'failed' WHERE SECOND",
        &[I::Details, I::Posted],
    ),
    (
        "UPDATE payments SET currency = 'USD' WHERE SECOND",
        &[I::Details, I::Currency, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET details = '{}' WHERE SECOND",
        &[I::Details],
    ),
    (
        "UPDATE payments SET gateway_payment_id = 'x' WHERE SECOND",
        &[I::Details, I::DedupKey],
    ),
    (
        "DELETE FROM dedup_keys WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey],
    ),
    (
        "UPDATE dedup_keys SET payment_pk = (SELECT min(payment_pk) FROM payments)",
        &[I::DedupKey],
    ),
    (
        "UPDATE dedup_keys SET payment_pk = 999 WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE dedup_keys SET connection_pk = OTHER WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE payments SET connection_pk = OTHER WHERE SECOND",
        &[I::Connection, I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE checkouts SET connection_pk = FOREIGN; UPDATE payments SET connection_pk = FOREIGN;
             UPDATE dedup_keys SET connection_pk = FOREIGN",
        &[I::Organization, I::Organization],
    ),
    (
        "UPDATE payments SET checkout_pk = 999 WHERE SECOND",
        &[I::Received, I::Overpaid, I::PaymentCheckout],
    ),
    (
        "DELETE FROM payments WHERE SECOND",
        &[I::Received, I::Overpaid, I::DedupKeyPayment],
    ),
    (
        "UPDATE payables SET closed = 'voided', applicable = applicable + 7",
        &[I::Split, I::Applicable],
    ),
];

async fn each_total_and_each_row_that_is_tampered_with_is_found(database: Database) {
    for (statement, expected) in TAMPERED {
        let bench = Bench::overpaid(database).await;
        let statement = statement.replace("SECOND", SECOND);
        let dangling = [I::DedupKeyPayment, I::PaymentCheckout];
        assert_found(&bench, &statement, expected, &dangling).await;
    }
}

async fn a_finding_says_whose_payable_it_is_and_both_numbers(database: Database) {
    let bench = Bench::overpaid(database).await;
    let statement = "UPDATE payables SET received = 13999, overpaid = 3999";
    tamper(&bench.host, statement).await;
    let report = bench.host.audit_ledger(Some(&organization())).await;
    let finding = report.unwrap().findings.remove(0);
    assert_eq!(finding.organization, Some(organization()));
    assert_eq!(finding.payable, Some(PayableId::new("inv").unwrap()));
    let rupees = |amount| Money::from_decimal(amount, Currency::INR).unwrap();
    assert_eq!(finding.stated, Stated::Amount(rupees("139.99")));
    assert_eq!(finding.expected, Stated::Amount(rupees("140.00")));
    assert_eq!(
        finding.to_string(),
        "payable inv: received is not the sum of its posted payments: INR 139.99 instead of \
         INR 140.00"
    );
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let theirs = bench
        .host
        .audit_ledger(Some(&unknown_organization))
        .await
        .unwrap();
    assert!(theirs.is_sound(), "inside one organization");
}
