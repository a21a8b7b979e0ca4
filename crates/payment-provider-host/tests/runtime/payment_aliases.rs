//! Payments reported by their ids, by claims, or only by a total, in any order, while the list lags: nothing
//! is ever posted above the money that came in, and in the end all of it is.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, paid_event};

each_database! {
    each_payment_is_posted_once_whichever_way_it_is_reported,
    two_payments_of_one_order_are_both_posted_while_the_list_lags,
}

/// Small repeatable randomness (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % sides
    }
}

/// The payments that the gateway has, and the deliveries that report them: by payment events, or by claims
/// that name the order, or only something that changed and the total.
fn pay_and_report(
    bench: &Bench,
    reference: &str,
    dice: &mut Dice,
) -> (Vec<Payment>, Vec<Vec<Event>>) {
    let (mut paid, mut reports) = (Vec::<Payment>::new(), Vec::new());
    for _ in 0..=dice.roll(3) {
        let amount = if dice.roll(4) == 0 { "30.00" } else { "50.00" };
        let payment = bench.gateway.pay(reference, amount);
        paid.push(payment.clone());
        let total = EventKind::Snapshot(bench.gateway.snapshot(reference));
        let total = Event::new("LINK", about(reference), total);
        let order = payment.order_id.clone().filter(|_| dice.roll(2) > 0);
        reports.push(match (dice.roll(3), order) {
            (0, _) => {
                let mut known = payment.clone();
                if dice.roll(2) == 0 {
                    known.order_id = None;
                }
                vec![paid_event(reference, &known)]
            }
            (_, Some(order)) => {
                let claim =
                    EventKind::PaymentClaimed(PaymentClaim::of_order(order, payment.amount));
                vec![Event::new("LINK", about(reference), claim), total]
            }
            (_, None) => {
                let hint = Event::new("LINK", about(reference), EventKind::FetchNeeded);
                vec![hint, total]
            }
        });
        if dice.roll(3) == 0 {
            reports.push(vec![paid_event(reference, &payment)]);
        }
    }
    for last in (1..reports.len()).rev() {
        let other = dice.roll(last + 1);
        reports.swap(last, other);
    }
    (paid, reports)
}

async fn play(database: Database, seed: u64) {
    let mut dice = Dice(seed * 7_919 + 12_345);
    let bench = Bench::with_recorded_notifications(database).await;
    let unpaid = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let (paid, reports) = pay_and_report(&bench, reference, &mut dice);
    let truth: i64 = paid
        .iter()
        .map(|payment| payment.amount.minor_units())
        .sum();
    let show = |count: usize| {
        bench.gateway.list(reference, paid[..count].to_vec());
    };

    let mut shown = 0;
    for event in &reports {
        shown = shown.max(dice.roll(paid.len() + 1));
        show(shown);
        bench.receive(event).await;
        for _ in 0..dice.roll(3) {
            bench.host.apply_due_deliveries().await.unwrap();
            bench.clock.advance(Duration::from_secs(2));
        }
        let received = bench.view("inv").await.received.minor_units();
        assert!(
            received <= truth,
            "seed {seed}: {received} of {truth} after {event:?}"
        );
    }
    show(paid.len());
    bench.apply_all().await;
    assert_eq!(
        bench.view("inv").await.received.minor_units(),
        truth,
        "seed {seed}"
    );
    bench.assert_all_is_notified().await;
    let deliveries = bench.deliveries().await;
    let applied = |state| state == DeliveryState::Applied;
    assert!(
        deliveries.iter().all(|delivery| applied(delivery.state)),
        "seed {seed}"
    );
}

async fn each_payment_is_posted_once_whichever_way_it_is_reported(database: Database) {
    for seed in 1..80 {
        play(database, seed).await;
    }
}

/// Two payments of one amount on one order, and a list that lags: each is posted under its own id, once.
async fn two_payments_of_one_order_are_both_posted_while_the_list_lags(database: Database) {
    for first_listed in 0..2 {
        let bench = Bench::with_recorded_notifications(database).await;
        let unpaid = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
        let url = bench.url(&unpaid).await;
        let reference = url.reference.as_str();
        let one = bench.gateway.pay(reference, "50.00");
        let mut two = bench.gateway.pay(reference, "50.00");
        two.order_id.clone_from(&one.order_id);
        let both = [one.clone(), two.clone()];
        let show = |payments: &[Payment]| {
            bench.gateway.list(reference, payments.to_vec());
        };
        show(&both[1..]);
        for payment in &both {
            bench.report(paid_event(reference, payment)).await;
        }
        assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 processing");
        let notified = bench.notified_payments().await;
        assert_eq!(notified, [one.id.as_str(), two.id.as_str()]);

        let mut listed = both.to_vec();
        listed.rotate_left(first_listed);
        show(&listed);
        let look = Event::new("LINK", about(reference), EventKind::FetchNeeded);
        bench.report(look).await;
        assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 processing");
        let notified = bench.notified_payments().await;
        assert_eq!(notified, [one.id.as_str(), two.id.as_str()]);
        bench.assert_all_is_notified().await;
    }
}
