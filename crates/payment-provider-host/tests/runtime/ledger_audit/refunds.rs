//! Refunds, as the runtime counts them and after they were tampered with.

use payment_provider_core::*;
use payment_provider_host::ledger::audit::About;
use payment_provider_host::ledger::audit::Invariant as I;

use super::assert_found;
use crate::fixture::database::{Database, each_database, tamper};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, paid_event};

each_database! {
    refunds_that_the_runtime_counts_add_up_in_every_status,
    a_refund_that_waits_for_its_payment_is_on_no_account_until_then,
    each_refund_that_is_tampered_with_is_found,
    a_finding_says_which_refund_it_is_about,
}

/// A refund that names its payment and its order, as gateways report it.
fn refund(id: &str, payment: &Payment, status: RefundStatus, amount: &str) -> Event {
    let amount = Money::from_decimal(amount, Currency::INR).unwrap();
    let mut refund = Refund::new(RefundId::new(id).unwrap(), status, amount);
    refund.payment_id = Some(payment.id.clone());
    refund_event(payment, refund)
}

fn refund_event(payment: &Payment, refund: Refund) -> Event {
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    Event::new("REFUND", target, EventKind::Refund(refund))
}

impl Bench {
    /// Two invoices over 100.00, each paid; 30.00 of one given back, and of the other 20.00, 5.00 that
    /// came back, and 7.00 that are under way.
    async fn refunded(database: Database) -> Self {
        let bench = Self::new(database).await;
        let mut payments = Vec::new();
        for id in ["inv", "other"] {
            let url = bench.url(&invoice(id, "100.00")).await;
            let reference = url.reference.as_str();
            let payment = bench.gateway.pay(reference, "100.00");
            bench.report(paid_event(reference, &payment)).await;
            payments.push(payment);
        }
        let [one, two] = &payments[..] else {
            unreachable!()
        };
        for event in [
            refund("r1", one, RefundStatus::Succeeded, "30.00"),
            refund("r2", two, RefundStatus::Succeeded, "20.00"),
            refund("r3", two, RefundStatus::Succeeded, "5.00"),
            refund("r3", two, RefundStatus::Failed, "5.00"),
            refund("r4", two, RefundStatus::Pending, "7.00"),
        ] {
            bench.report(event).await;
        }
        bench
    }
}

async fn refunds_that_the_runtime_counts_add_up_in_every_status(database: Database) {
    let bench = Bench::refunded(database).await;
    let payment = {
        let state = bench.gateway.state();
        let paid = state.links.values().find_map(|link| link.payments.first());
        paid.unwrap().clone()
    };
    // In another currency; of a word that looks like ours; and of nothing.
    let dollars = Money::from_decimal("5.00", Currency::USD).unwrap();
    let odd = Money::from_decimal("1.00", Currency::INR).unwrap();
    for (id, status, amount) in [
        ("dollars", RefundStatus::Succeeded, dollars),
        ("odd", RefundStatus::Unknown("succeeded".to_owned()), odd),
        ("zero", RefundStatus::Succeeded, Money::zero(Currency::INR)),
        ("nul", RefundStatus::Unknown("a\0b ₹".to_owned()), odd),
    ] {
        let mut refund = Refund::new(RefundId::new(id).unwrap(), status, amount);
        refund.payment_id = Some(payment.id.clone());
        bench.report(refund_event(&payment, refund)).await;
    }
    // Reported before its payment, which is fetched.
    let url = bench.url(&invoice("early", "10.00")).await;
    let early = bench.gateway.pay(url.reference.as_str(), "10.00");
    let mut refund = refund("early", &early, RefundStatus::Succeeded, "10.00");
    refund.target = about(url.reference.as_str());
    bench.report(refund).await;
    // An attempt of a word that looks like ours.
    let status = PaymentStatus::Unknown("succeeded".to_owned());
    let attempt = bench
        .gateway
        .attempt(url.reference.as_str(), "1.00", status);
    bench
        .report(paid_event(url.reference.as_str(), &attempt))
        .await;

    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.payables, report.refunds), (3, 9));
    let totals = report.totals.iter().map(|of| {
        let word = of.currency.code();
        (word, of.received, of.refunded, of.refunded_elsewhere)
    });
    let totals: Vec<_> = totals.collect();
    assert_eq!(totals, [("INR", 21_000, 6_000, 0), ("USD", 0, 0, 500)]);
}

async fn a_refund_that_waits_for_its_payment_is_on_no_account_until_then(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().unaskable = true;
    let url = bench.url(&invoice("inv", "100.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    bench
        .report(refund("r1", &payment, RefundStatus::Succeeded, "30.00"))
        .await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.refunds, report.totals[0].refunded), (0, 0));
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.refunds, report.totals[0].refunded), (1, 3_000));
}

/// Changes of the rows of two invoices with refunds, each with the invariants that it breaks.
const REFUNDS_TAMPERED: &[(&str, &[I])] = &[
    ("UPDATE payables SET refunded = 2999 WHERE INV", &[I::Refunded]),
    ("UPDATE payables SET refunded = 0", &[I::Refunded, I::Refunded]),
    (
        "UPDATE refunds SET amount = amount - 1 WHERE R1",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET amount = amount - 1 WHERE gateway_refund_id = 'r4'",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET amount = amount - 1, details = replace(details, '3000', '2999') WHERE R1",
        &[I::Refunded],
    ),
    (
        "UPDATE refunds SET status = 'failed' WHERE R1",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET status = 'succeeded' WHERE gateway_refund_id = 'r3'",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET details = replace(details, '\"succeeded\"', '{\"unknown\":\"succeeded\"}')
             WHERE R1",
        &[I::Refunded],
    ),
    (
        "UPDATE refunds SET currency = 'USD' WHERE R1",
        &[I::Details, I::Refunded],
    ),
    ("UPDATE refunds SET details = '{}' WHERE R1", &[I::Details]),
    (
        "UPDATE refunds SET gateway_refund_id = 'x' WHERE R1",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET gateway_payment_id = NULL WHERE R1",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET gateway_payment_id = 'x' WHERE R1",
        &[I::Details, I::RefundPayment],
    ),
    (
        "UPDATE refunds SET connection_pk = OTHER WHERE R1",
        &[I::Connection, I::RefundPayment],
    ),
    (
        "UPDATE checkouts SET connection_pk = FOREIGN WHERE MINE; UPDATE payments SET connection_pk =
             FOREIGN WHERE MINE; UPDATE dedup_keys SET connection_pk = FOREIGN WHERE payment_pk IN
             (SELECT payment_pk FROM payments WHERE MINE);
         UPDATE refunds SET connection_pk = FOREIGN WHERE MINE",
        &[I::Organization, I::Organization],
    ),
    (
        "UPDATE refunds SET checkout_pk = THEIRS WHERE R1",
        &[I::Refunded, I::RefundPayment, I::Refunded],
    ),
    (
        "UPDATE refunds SET checkout_pk = 999 WHERE R1",
        &[I::Refunded, I::RefundCheckout],
    ),
    ("DELETE FROM refunds WHERE R1", &[I::Refunded]),
    (
        "DELETE FROM dedup_keys WHERE payment_pk IN (SELECT payment_pk FROM payments WHERE MINE);
         DELETE FROM payments WHERE MINE; UPDATE payables SET received = 0, applied = 0 WHERE INV",
        &[I::RefundPayment],
    ),
    (
        "UPDATE payables SET currency = 'USD' WHERE INV",
        &[
            I::Currency,
            I::Received,
            I::Applied,
            I::Refunded,
        ],
    ),
];

/// The one checkout of each invoice.
const MINE: &str = "checkout_pk = (SELECT min(checkout_pk) FROM checkouts)";

const THEIRS: &str = "(SELECT max(checkout_pk) FROM checkouts)";

async fn each_refund_that_is_tampered_with_is_found(database: Database) {
    for (statement, expected) in REFUNDS_TAMPERED {
        let bench = Bench::refunded(database).await;
        let statement = statement
            .replace("THEIRS", THEIRS)
            .replace("MINE", MINE)
            .replace("INV", "payable_id = 'inv'")
            .replace("R1", "gateway_refund_id = 'r1'");
        assert_found(&bench, &statement, expected, &[I::RefundCheckout]).await;
    }
}

async fn a_finding_says_which_refund_it_is_about(database: Database) {
    let bench = Bench::refunded(database).await;
    let statement = "UPDATE refunds SET status = 'failed' WHERE gateway_refund_id = 'r1'";
    tamper(&bench.host, statement).await;
    let [details, total] = &bench.audit().await.findings[..] else {
        panic!("two findings")
    };
    assert_eq!(details.about, Some(About::Refund("r1".to_owned())));
    assert_eq!(total.about, None);
    assert_eq!(
        [details.to_string(), total.to_string()],
        [
            "payable inv, refund r1: its columns disagree with its details: failed instead of \
             succeeded",
            "payable inv: refunded is not the sum of its refunds: INR 30.00 instead of INR 0.00",
        ]
    );
}
