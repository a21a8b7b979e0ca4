//! A gateway that can neither be asked how a checkout stands nor call one off: deliveries are all
//! there is, and time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crate::gateway::bench::{Bench, invoice};
use crate::gateway::{Fault, about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::cash::{Closed, Verdict};
use payment_provider_host::*;

async fn bench(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    let mut state = bench.gateway.state();
    (state.unsupported, state.unaskable) = (true, true);
    drop(state);
    bench
}

const DAY: Duration = Duration::from_hours(24);

/// A payment of which nobody but its delivery tells.
fn payment(id: &str, amount: Money) -> Payment {
    Payment::new(
        PaymentId::new(id).unwrap(),
        PaymentStatus::Succeeded,
        amount,
    )
}

fn rupees(amount: &str) -> Money {
    Money::from_decimal(amount, Currency::INR).unwrap()
}

impl Bench {
    async fn told(&self, url: &PaymentUrl, payment: &Payment) {
        self.receive(&[paid_event(url.reference.as_str(), payment)])
            .await;
        self.settle().await;
    }

    async fn refused(&self, invoice: &Payable, expected: Refusal) {
        let error = self.host.payment_url(invoice).await.unwrap_err();
        let as_expected = matches!(&error, CheckoutError::Refused(refusal) if *refusal == expected);
        assert!(as_expected, "{error}");
    }

    async fn states(&self) -> Vec<(DeliveryState, i64)> {
        let deliveries = self.deliveries().await.into_iter();
        deliveries
            .map(|delivery| (delivery.state, delivery.attempts))
            .collect()
    }

    async fn verdicts(&self) -> Vec<Option<Verdict>> {
        let payments = self.view("inv").await.payments.into_iter();
        payments.map(|payment| payment.verdict).collect()
    }
}

each_database!(a_delivery_books_and_whatever_comes_on_top_is_surplus);
async fn a_delivery_books_and_whatever_comes_on_top_is_surplus(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.told(&url, &payment("1", rupees("100.00"))).await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    // The same amount once more, and more than was asked for: each is a payment of its own.
    bench.told(&url, &payment("2", rupees("100.00"))).await;
    bench.told(&url, &payment("3", rupees("150.50"))).await;
    let dollars = Money::from_decimal("9.00", Currency::USD).unwrap();
    bench.told(&url, &payment("4", dollars)).await;
    assert_eq!(bench.totals("inv").await, "350.50 100.00 250.50 succeeded");
    assert_eq!(
        bench.verdicts().await,
        [
            Some(Verdict::Exact),
            Some(Verdict::Duplicate),
            Some(Verdict::Duplicate),
            Some(Verdict::CurrencyMismatch)
        ]
    );
    assert_eq!(bench.states().await, [(DeliveryState::Applied, 1); 4]);
    bench.refused(&unpaid, Refusal::Paid).await;
}

each_database!(voiding_says_that_the_page_can_be_paid_until_its_time_is_over);
async fn voiding_says_that_the_page_can_be_paid_until_its_time_is_over(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    for _ in 0..2 {
        let closing = bench.host.close(&unpaid, Closed::Voided).await.unwrap();
        assert!(closing.unbooked.is_empty(), "{closing:?}");
        let [(reference, error)] = &closing.still_payable[..] else {
            panic!("{closing:?}");
        };
        assert_eq!(*reference, url.reference);
        let refusal = Refusal::EarlierStillPayable;
        assert!(
            matches!(error, CheckoutError::Refused(it) if *it == refusal),
            "{error}"
        );
    }
    let history = bench.view("inv").await.history;
    let told = history
        .iter()
        .filter(|entry| entry.kind == HistoryKind::CheckoutStillPayable);
    let told: Vec<_> = told.map(|entry| entry.detail.as_str()).collect();
    assert!(told[0].contains("cannot be called off"), "{told:?}");

    bench.told(&url, &payment("1", rupees("100.00"))).await;
    assert_eq!(bench.verdicts().await, [Some(Verdict::Late)]);
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");

    bench.clock.advance(DAY);
    let closing = bench.host.close(&unpaid, Closed::Voided).await.unwrap();
    assert!(closing.still_payable.is_empty(), "{closing:?}");
    assert_eq!(
        bench.view("inv").await.checkouts[0].state,
        CheckoutState::Expired
    );
}

each_database!(a_page_is_good_until_its_end_and_then_there_is_another);
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
    // What was on its way is booked, and the second page no longer needed.
    bench.told(&first, &payment("1", rupees("100.00"))).await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

each_database!(another_amount_waits_until_the_page_with_the_old_one_is_over);
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

each_database!(a_page_of_which_nobody_knows_whether_it_was_made_is_asked_for_again_or_runs_out);
async fn a_page_of_which_nobody_knows_whether_it_was_made_is_asked_for_again_or_runs_out(database: Database) {
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

each_database!(what_takes_a_look_at_the_gateway_waits_for_somebody_at_once);
async fn what_takes_a_look_at_the_gateway_waits_for_somebody_at_once(database: Database) {
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
    bench.settle().await;
    // What can be booked is booked all the same.
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(bench.states().await, [(DeliveryState::Parked, 1)]);
    let error = bench.deliveries().await[0].error.clone().unwrap();
    assert!(error.contains("cannot be asked"), "{error}");
    // Another copy has it tried once more, and no oftener.
    bench.receive(&events).await;
    bench.settle().await;
    assert_eq!(bench.states().await[0].0, DeliveryState::Parked);
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
}

each_database!(nobody_is_asked_to_pay_while_money_is_stated_that_was_not_told);
async fn nobody_is_asked_to_pay_while_money_is_stated_that_was_not_told(database: Database) {
    let bench = bench(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let stated = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, unpaid.amount);
    bench
        .receive(&[Event::new(
            "LINK",
            about(reference),
            EventKind::Snapshot(stated),
        )])
        .await;
    bench.settle().await;
    assert_eq!(bench.states().await, [(DeliveryState::Applied, 1)]);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    bench.refused(&unpaid, Refusal::MoneyUnexplained).await;
    let closing = bench
        .host
        .close(&invoice("inv", "100.00"), Closed::Settled)
        .await
        .unwrap();
    let reason = closing.unbooked[0].1.to_string();
    assert!(reason.contains("cannot be asked"), "{reason}");
    bench.told(&url, &payment("1", rupees("100.00"))).await;
    assert_eq!(bench.verdicts().await, [Some(Verdict::Late)]);
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

each_database!(an_end_is_told_once_though_several_find_it);
async fn an_end_is_told_once_though_several_find_it(database: Database) {
    let ends = Ends::default();
    let bench = Bench::with_handler(database, ends.clone()).await;
    {
        let mut state = bench.gateway.state();
        (state.unsupported, state.unaskable) = (true, true);
    }
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
