//! A host whose own tables are in another database: its writes stay there although the change is rolled
//! back here, and the change is notified again under the same key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::accounting::{Balance, CheckoutState, CloseReason, PaymentProgress};
use payment_provider_host::ledger::{Cause, ChangeKey};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, organization};
use crate::gateway::{about, paid_event};

each_database! {
    a_repeated_notification_has_the_same_key_and_the_same_totals,
}

/// A line in the host's ledger: what one change brought, in paise.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    cause: &'static str,
    applied: i64,
    overpaid: i64,
}

/// The content of the other database. Every change is refused this many times after it was written there.
#[derive(Debug, Default)]
struct Content {
    refusals: usize,
    lines: BTreeMap<ChangeKey, Line>,
    notifications: BTreeMap<ChangeKey, usize>,
    totals: String,
    connections: BTreeSet<Option<ConnectionCode>>,
}

#[derive(Debug, Clone, Default)]
struct OtherDatabase(Arc<Mutex<Content>>);

fn line(cause: Cause<'_>) -> Line {
    let (cause, applied, overpaid) = match cause {
        Cause::Posted { allocation, .. } => {
            let [applied, overpaid] =
                [allocation.applied, allocation.overpaid].map(Money::minor_units);
            ("booked", applied, overpaid)
        }
        Cause::Attempted { .. } => ("attempted", 0, 0),
        Cause::Refunded { counts: true, .. } => ("refunded", 0, 0),
        Cause::Refunded { counts: false, .. } => ("not refunded", 0, 0),
        Cause::Closed { .. } => ("closed", 0, 0),
        Cause::Checkout { state, .. } => (state.as_str(), 0, 0),
        other => panic!("a cause that this host does not know: {other:?}"),
    };
    Line {
        cause,
        applied,
        overpaid,
    }
}

#[async_trait]
impl PaymentHandler for OtherDatabase {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let mut content = self.0.lock().unwrap();
        let (key, line) = (change.key(), line(change.cause));
        let before = content.lines.insert(key.clone(), line.clone());
        assert!(before.is_none_or(|before| before == line), "{change:?}");
        content.connections.insert(change.connection.cloned());
        let totals = [
            change.received,
            change.applied,
            change.overpaid,
            change.refunded,
        ];
        content.totals = totals.map(|money| money.decimal().to_string()).join(" ");
        let refusals = content.refusals;
        let notifications = content.notifications.entry(key).or_default();
        *notifications += 1;
        if *notifications <= refusals {
            return Err("the connection to the other database broke after the write".into());
        }
        Ok(())
    }
}

/// Repeats a call until it succeeds.
macro_rules! until_it_works {
    ($call:expr) => {{
        let mut tries = 0;
        loop {
            match $call.await {
                Ok(done) => break done,
                Err(error) => {
                    tries += 1;
                    assert!(tries < 20, "{error}");
                }
            }
        }
    }};
}

async fn receive(bench: &Bench, event: Event) {
    bench.report(event).await;
}

fn refund_event(payment: &Payment, status: RefundStatus) -> Event {
    let amount = Money::from_decimal("40.00", Currency::INR).unwrap();
    let mut refund = Refund::new(RefundId::new("r1").unwrap(), status, amount);
    refund.payment_id = Some(payment.id.clone());
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    Event::new("REFUND", target, EventKind::Refund(refund))
}

/// Carries out one of each change of a payable, with a host that refuses each one this many times first.
async fn lived_through(database: Database, refusals: usize) -> Content {
    let host = OtherDatabase::default();
    host.0.lock().unwrap().refusals = refusals;
    let bench = Bench::with_handler(database, host.clone()).await;
    let owed = invoice("inv", "100.00").with_partial_payments(PartialPayments::any());
    let url = until_it_works!(bench.host.payment_url(&owed));
    let url = url.pay().unwrap();
    let reference = url.reference.as_str();
    let failed = bench
        .gateway
        .attempt(reference, "100.00", PaymentStatus::Failed);
    receive(&bench, paid_event(reference, &failed)).await;
    let first = bench.gateway.pay(reference, "60.00");
    receive(&bench, paid_event(reference, &first)).await;
    let total = EventKind::Snapshot(bench.gateway.snapshot(reference));
    receive(&bench, Event::new("TOTAL", about(reference), total)).await;
    let second = bench.gateway.pay(reference, "80.00");
    receive(&bench, paid_event(reference, &second)).await;
    for status in [RefundStatus::Succeeded, RefundStatus::Failed] {
        receive(&bench, refund_event(&second, status)).await;
    }
    until_it_works!(bench.host.close(&owed, CloseReason::PaidElsewhere));
    assert_eq!(bench.totals("inv").await, "140.00 100.00 40.00 succeeded");
    std::mem::take(&mut *host.0.lock().unwrap())
}

async fn a_repeated_notification_has_the_same_key_and_the_same_totals(database: Database) {
    let once = lived_through(database, 0).await;
    let causes: Vec<_> = once.lines.values().map(|line| line.cause).collect();
    for cause in [
        "attempted",
        "booked",
        "closed",
        "not refunded",
        "open",
        "partially_paid",
        "refunded",
    ] {
        assert!(causes.contains(&cause), "{cause} in {causes:?}");
    }
    assert!(
        once.notifications.values().all(|count| *count == 1),
        "{:?}",
        once.notifications
    );
    assert_eq!(once.totals, "140.00 100.00 40.00 0.00");

    let again = lived_through(database, 3).await;
    assert_eq!(again.lines.len(), once.lines.len(), "{:#?}", again.lines);
    assert!(
        again.notifications.values().all(|count| *count > 3),
        "{:?}",
        again.notifications
    );
    assert_eq!(again.totals, once.totals);
    // So lines that are kept by their key add up, however often they were notified.
    let sum = |part: fn(&Line) -> i64| again.lines.values().map(part).sum::<i64>();
    let sums = (sum(|line| line.applied), sum(|line| line.overpaid));
    assert_eq!(sums, (10_000, 4_000));
    let by = BTreeSet::from([None, Some(connection("main").code)]);
    assert_eq!(again.connections, by);
}

/// The key of the change of a payable that nothing was paid for, by this connection.
fn key(payable: &str, connection: Option<&ConnectionCode>, cause: Cause<'_>) -> ChangeKey {
    let owed = invoice(payable, "100.00");
    let (organization, account) = (organization(), Balance::open(owed.amount));
    let change = PayableChange::new(
        &organization,
        &owed.id,
        cause,
        &account,
        PaymentProgress::Pending,
    );
    connection
        .map_or(change, |connection| change.with_connection(connection))
        .key()
}

#[test]
fn keys_differ_where_changes_differ() {
    let amount = Money::from_decimal("100.00", Currency::INR).unwrap();
    let payment = |id: &str, status| Payment::new(PaymentId::new(id).unwrap(), status, amount);
    let refund = |status, amount| Refund::new(RefundId::new("1").unwrap(), status, amount);
    let (main, other) = (connection("main").code, connection("other").code);
    let attempt = payment("1", PaymentStatus::Failed);
    let dropped = payment("1", PaymentStatus::Dropped);
    let second = payment("2", PaymentStatus::Failed);
    let dollars = Money::from_decimal("100.00", Currency::USD).unwrap();
    let more = Money::from_decimal("100.01", Currency::INR).unwrap();
    let given_back = refund(RefundStatus::Succeeded, amount);
    let (in_dollars, corrected) = (
        refund(RefundStatus::Succeeded, dollars),
        refund(RefundStatus::Succeeded, more),
    );
    let reference = CheckoutReference::new("a").unwrap();
    let attempted = |payment| Cause::Attempted { payment };
    let refunded = |refund, counts| Cause::Refunded { refund, counts };
    let closed = |reason| Cause::Closed { reason };
    let checkout = |state| Cause::Checkout {
        reference: &reference,
        state,
    };
    let keys = [
        key("inv", Some(&main), attempted(&attempt)),
        key("inv", Some(&other), attempted(&attempt)),
        key("inv-2", Some(&main), attempted(&attempt)),
        // The same letters as the previous change, divided differently between payable and connection.
        key("inv", Some(&connection("2main").code), attempted(&attempt)),
        key("inv", Some(&main), attempted(&dropped)),
        key("inv", Some(&main), attempted(&second)),
        key("inv", Some(&main), refunded(&given_back, true)),
        key("inv", Some(&main), refunded(&given_back, false)),
        key("inv", Some(&main), refunded(&in_dollars, true)),
        key("inv", Some(&main), refunded(&corrected, true)),
        key("inv", None, closed(CloseReason::PaidElsewhere)),
        key("inv", None, closed(CloseReason::Voided)),
        key("inv", Some(&main), checkout(CheckoutState::Open)),
        key("inv", Some(&main), checkout(CheckoutState::Paid)),
    ];
    let different: BTreeSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
}

/// A host keeps keys for years: another way to make them would have it do everything once more.
#[test]
fn keys_are_equal_in_every_version() {
    let amount = Money::from_decimal("100.00", Currency::INR).unwrap();
    let payment = Payment::new(PaymentId::new("1").unwrap(), PaymentStatus::Failed, amount);
    let payment = &payment;
    let known = key(
        "inv",
        Some(&connection("main").code),
        Cause::Attempted { payment },
    );
    assert_eq!(
        known.as_str(),
        "83011393fd4bf0e1c2bd6ffa0412786324dad7c2c12e931c03ec1b945a333853"
    );
}
