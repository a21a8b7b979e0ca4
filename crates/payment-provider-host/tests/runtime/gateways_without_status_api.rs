//! Gateways that have neither a status API nor a cancellation: only deliveries and expiry change a
//! checkout.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{
    AllocationOutcome, AuditEvent, CheckoutState, CloseReason,
};
use payment_provider_host::checkouts::UrlOrigin;
use payment_provider_host::error::Refusal;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice, rupees};
use crate::gateway::{Fault, about, paid_event};

each_database! {
    a_delivery_posts_and_further_payments_are_overpaid,
    voiding_says_that_the_page_can_be_paid_until_its_time_is_over,
    a_page_is_good_until_its_end_and_then_there_is_another,
    another_amount_waits_until_the_page_with_the_old_one_is_over,
    a_page_with_an_unknown_creation_result_is_requested_again_or_expires,
    events_that_need_a_status_api_are_parked_at_once,
    no_payment_url_is_given_out_while_reported_money_is_not_posted,
    an_end_is_notified_once_though_several_callers_find_it,
}

async fn bench(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    bench.gateway.disable_status_api();
    bench
}

const DAY: Duration = Duration::from_hours(24);

/// A payment that only its delivery reports.
fn payment(id: &str, amount: Money) -> Payment {
    Payment::new(
        PaymentId::new(id).unwrap(),
        PaymentStatus::Succeeded,
        amount,
    )
}

impl Bench {
    async fn refused(&self, invoice: &Payable, expected: Refusal) {
        let error = self.host.payment_url(invoice).await.unwrap_err();
        let as_expected =
            matches!(error.kind(), ErrorKind::Refused(refusal) if *refusal == expected);
        assert!(as_expected, "{error}");
    }

    async fn states_and_attempts(&self) -> Vec<(DeliveryState, i64)> {
        let deliveries = self.deliveries().await.into_iter();
        deliveries
            .map(|delivery| (delivery.state, delivery.attempts))
            .collect()
    }

    async fn verdicts(&self) -> Vec<Option<AllocationOutcome>> {
        let payments = self.view("inv").await.payments.into_iter();
        payments
            .map(|payment| payment.allocation.map(|it| it.outcome))
            .collect()
    }
}

async fn a_delivery_posts_and_further_payments_are_overpaid(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench
        .report_payment(&url.reference, &payment("1", rupees("100.00")))
        .await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    // The same amount once more, and more than was asked for: each is a payment of its own.
    bench
        .report_payment(&url.reference, &payment("2", rupees("100.00")))
        .await;
    bench
        .report_payment(&url.reference, &payment("3", rupees("150.50")))
        .await;
    let dollars = Money::from_decimal("9.00", Currency::USD).unwrap();
    bench
        .report_payment(&url.reference, &payment("4", dollars))
        .await;
    assert_eq!(bench.totals("inv").await, "350.50 100.00 250.50 succeeded");
    assert_eq!(
        bench.verdicts().await,
        [
            Some(AllocationOutcome::Exact),
            Some(AllocationOutcome::Duplicate),
            Some(AllocationOutcome::Duplicate),
            Some(AllocationOutcome::CurrencyMismatch)
        ]
    );
    assert_eq!(
        bench.states_and_attempts().await,
        [(DeliveryState::Applied, 1); 4]
    );
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
}

async fn voiding_says_that_the_page_can_be_paid_until_its_time_is_over(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    for _ in 0..2 {
        let closing = bench
            .host
            .close(&unpaid, CloseReason::Voided)
            .await
            .unwrap();
        assert!(closing.unreconciled.is_empty(), "{closing:?}");
        let [(reference, error)] = &closing.still_payable[..] else {
            panic!("{closing:?}");
        };
        assert_eq!(*reference, url.reference);
        let refusal = Refusal::EarlierStillPayable;
        assert!(
            matches!(error.kind(), ErrorKind::Refused(it) if *it == refusal),
            "{error}"
        );
    }
    let history = bench.view("inv").await.history;
    let cancellations = history
        .iter()
        .filter(|entry| entry.event == AuditEvent::CheckoutStillPayable);
    let details: Vec<_> = cancellations.map(|entry| entry.detail.as_str()).collect();
    assert!(details[0].contains("cannot cancel"), "{details:?}");

    bench
        .report_payment(&url.reference, &payment("1", rupees("100.00")))
        .await;
    assert_eq!(bench.verdicts().await, [Some(AllocationOutcome::Late)]);
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");

    bench.clock.advance(DAY);
    let closing = bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    assert!(closing.still_payable.is_empty(), "{closing:?}");
    assert_eq!(
        bench.view("inv").await.checkouts[0].state,
        CheckoutState::Expired
    );
}

async fn a_page_is_good_until_its_end_and_then_there_is_another(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let first = bench.url(&unpaid).await;
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    let near_its_end = bench.url(&unpaid).await;
    assert_eq!(near_its_end.url, first.url);
    assert_eq!(near_its_end.origin, UrlOrigin::Reused);
    bench.clock.advance(Duration::from_mins(5));
    let second = bench.url(&unpaid).await;
    assert_ne!(second.reference, first.reference);
    assert_eq!(second.origin, UrlOrigin::Created);
    // The payment that was on its way is posted, and the second page is not needed any more.
    bench
        .report_payment(&first.reference, &payment("1", rupees("100.00")))
        .await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

async fn another_amount_waits_until_the_page_with_the_old_one_is_over(database: Database) {
    let bench = bench(database).await;
    let first = bench.url(&invoice("inv", "100.00")).await;
    let changed = invoice("inv", "120.00");
    bench.refused(&changed, Refusal::EarlierStillPayable).await;
    bench.clock.advance(DAY);
    let second = bench.url(&changed).await;
    assert_ne!(second.reference, first.reference);
    assert_eq!(
        bench.view("inv").await.checkouts[1].amount,
        rupees("120.00")
    );
}

async fn a_page_with_an_unknown_creation_result_is_requested_again_or_expires(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    bench.gateway.fail_next(Fault::AfterCommit);
    bench.host.payment_url(&unpaid).await.unwrap_err();
    let changed = invoice("inv", "120.00");
    bench.refused(&changed, Refusal::EarlierStillPayable).await;
    assert_eq!(bench.url(&unpaid).await.origin, UrlOrigin::Adopted);

    bench.gateway.fail_next(Fault::BeforeCommit);
    let other = invoice("other", "50.00");
    bench.host.payment_url(&other).await.unwrap_err();
    bench.clock.advance(DAY);
    assert_eq!(bench.url(&other).await.origin, UrlOrigin::Created);
    let states: Vec<_> = bench
        .view("other")
        .await
        .checkouts
        .iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(states, [CheckoutState::Expired, CheckoutState::Open]);
}

async fn events_that_need_a_status_api_are_parked_at_once(database: Database) {
    let bench = bench(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    let reference = url.reference.as_str();
    let paid = payment("1", rupees("100.00"));
    let reason = "no form that is known".to_owned();
    let odd = EventKind::Unrecognised { reason };
    let events = [
        Event::new("odd", about(reference), odd),
        Event::new("changed", about(reference), EventKind::FetchNeeded),
        paid_event(reference, &paid),
    ];
    bench.receive(&events).await;
    bench.apply_all().await;
    // The payment is posted all the same.
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(
        bench.states_and_attempts().await,
        [(DeliveryState::Parked, 1)]
    );
    let error = bench.deliveries().await[0].error.clone().unwrap();
    assert!(error.contains("has no status API"), "{error}");
    // Another copy has it tried once more, and no oftener.
    bench.receive(&events).await;
    bench.apply_all().await;
    assert_eq!(
        bench.states_and_attempts().await[0].0,
        DeliveryState::Parked
    );
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

async fn no_payment_url_is_given_out_while_reported_money_is_not_posted(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let stated = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, unpaid.amount);
    bench
        .report(Event::new(
            "LINK",
            about(reference),
            EventKind::Snapshot(stated),
        ))
        .await;
    assert_eq!(
        bench.states_and_attempts().await,
        [(DeliveryState::Applied, 1)]
    );
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    bench.refused(&unpaid, Refusal::UnreconciledFunds).await;
    let closing = bench
        .host
        .close(&invoice("inv", "100.00"), CloseReason::PaidElsewhere)
        .await
        .unwrap();
    let reason = closing.unreconciled[0].1.to_string();
    assert!(reason.contains("has no status API"), "{reason}");
    bench
        .report_payment(&url.reference, &payment("1", rupees("100.00")))
        .await;
    assert_eq!(bench.verdicts().await, [Some(AllocationOutcome::Late)]);
}

/// Writes down how each checkout ended.
#[derive(Debug, Clone, Default)]
struct Ends(Arc<Mutex<Vec<CheckoutState>>>);

#[async_trait]
impl PaymentHandler for Ends {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Cause::Checkout { state, .. } = change.cause
            && state.is_dead()
        {
            self.0.lock().unwrap().push(state);
        }
        Ok(())
    }
}

async fn an_end_is_notified_once_though_several_callers_find_it(database: Database) {
    let ends = Ends::default();
    let bench = Bench::with_handler(database, ends.clone()).await;
    bench.gateway.disable_status_api();
    let unpaid = invoice("inv", "100.00");
    bench.url(&unpaid).await;
    bench.clock.advance(DAY);
    // Both have seen it alive before one of them ends it.
    bench.gateway.state().hold = true;
    let asked = async { tokio::join!(bench.url(&unpaid), bench.url(&unpaid)) };
    let both = async {
        bench.gateway.calls_held(2).await;
        bench.gateway.state().hold = false;
    };
    let ((one, two), ()) = tokio::join!(asked, both);
    assert_eq!(one.reference, two.reference);
    assert_eq!(*ends.0.lock().unwrap(), [CheckoutState::Expired]);
}
