//! Ledgers of many payables, and audits with many findings.

use payment_provider_core::*;
use payment_provider_host::ledger::audit::Finding;
use payment_provider_host::ledger::audit::Invariant as I;
use payment_provider_host::prelude::*;

use crate::fixture::Bench;
use crate::fixture::database::{Database, each_database, tamper};

each_database! {
    one_of_a_hundred_thousand_payables_is_found,
    more_findings_than_can_be_listed_are_counted,
}

/// The payables of one month of a platform, each with one payment, part of which is refunded; then the statistics of the
/// database, which otherwise are collected later.
const MANY: &str = "
    INSERT INTO payables (organization_id, payable_id, currency, amount, applicable, received, applied,
            overpaid, refunded, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        SELECT 'org', 'many-' || i, 'INR', 100, 100, 100, 100, 0, 7, 1 FROM n;
    INSERT INTO checkouts (payable_pk, connection_pk, attempt, reference, customer_id, environment,
            currency, amount, partial, prepared, expires_at, state, tries, tried_at, conflicting,
            created_at)
        SELECT payable_pk, (SELECT connection_pk FROM connections), 1, 'r' || payable_pk, 'c', 'sandbox',
            'INR', 100, false, '{}', 1, 'paid', 1, 1, false, 1 FROM payables;
    INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, status, currency, amount,
            details, allocation_outcome, applied, overpaid, seen_at)
        SELECT checkout_pk, connection_pk, 'p' || checkout_pk, 'succeeded', 'INR', 100,
            replace('DETAILS', 'ID', 'p' || checkout_pk), 'exact', 100, 0, 1 FROM checkouts;
    INSERT INTO dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
        SELECT connection_pk, 'payment:succeeded:' || gateway_payment_id, payment_pk, 1 FROM payments;
    INSERT INTO refunds (checkout_pk, connection_pk, gateway_refund_id, gateway_payment_id, status,
            currency, amount, details, seen_at)
        SELECT checkout_pk, connection_pk, 'r' || checkout_pk, gateway_payment_id, 'succeeded', 'INR', 7,
            replace(replace('REFUND', 'ID', 'r' || checkout_pk), 'PAYMENT', gateway_payment_id), 1
        FROM payments;
    ANALYZE";

/// Returns a ledger of this many payables.
async fn many(database: Database, count: &str) -> Bench {
    let bench = Bench::new(database).await;
    let id = PaymentId::new("ID").unwrap();
    let amount = Money::from_minor_units(100, Currency::INR);
    let payment = Payment::new(id, PaymentStatus::Succeeded, amount);
    let details = serde_json::to_string(&payment).unwrap();
    let amount = Money::from_minor_units(7, Currency::INR);
    let mut refund = Refund::new(
        RefundId::new("ID").unwrap(),
        RefundStatus::Succeeded,
        amount,
    );
    refund.payment_id = PaymentId::new("PAYMENT").ok();
    let refund = serde_json::to_string(&refund).unwrap();
    let fill = MANY
        .replace("DETAILS", &details)
        .replace("REFUND", &refund)
        .replace("100000", count);
    tamper(&bench.host, &fill).await;
    bench
}

async fn one_of_a_hundred_thousand_payables_is_found(database: Database) {
    let bench = many(database, "100000").await;
    let last = "UPDATE payables SET received = 99, applied = 99 WHERE payable_id = 'many-100000'";
    tamper(&bench.host, last).await;
    let begun = std::time::Instant::now();
    let report = bench.audit().await;
    println!("100000 payables audited in {:?}", begun.elapsed());
    let counts = (report.payables, report.posted, report.refunds);
    assert_eq!(counts, (100_000, 100_000, 100_000));
    assert_eq!(report.dedup_keys, 100_000);
    assert_eq!(report.totals[0].received, 9_999_999);
    assert_eq!(report.totals[0].refunded, 700_000);
    let found: Vec<_> = report.findings.iter().map(|one| one.invariant).collect();
    assert_eq!(found, [I::Received, I::Applied], "{:#?}", report.findings);
    let payable = PayableId::new("many-100000").unwrap();
    let is_it = |finding: &Finding| finding.payable.as_ref() == Some(&payable);
    assert!(report.findings.iter().all(is_it));
}

async fn more_findings_than_can_be_listed_are_counted(database: Database) {
    let bench = many(database, "1700").await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    tamper(&bench.host, "UPDATE payables SET amount = 101").await;
    let report = bench.audit().await;
    assert_eq!((report.findings.len(), report.unlisted), (1_000, 700));
    assert!(!report.is_sound());
}
