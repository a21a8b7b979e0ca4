//! Payments told under other ids than the gateway lists, some without their order, in any order, while
//! the list lags: nothing is ever booked above what came in, and in the end all of it is.

use std::time::Duration;

use crate::gateway::bench::{Bench, invoice};
use crate::gateway::{about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::DeliveryState;

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

/// What the gateway has, and what it tells of it.
fn pay_and_tell(bench: &Bench, reference: &str, dice: &mut Dice) -> (Vec<Payment>, Vec<Event>) {
    let (mut paid, mut told) = (Vec::new(), Vec::new());
    for number in 0..=dice.roll(3) {
        let amount = if dice.roll(4) == 0 { "30.00" } else { "50.00" };
        let payment = bench.gateway.pay(reference, amount);
        let mut news = payment.clone();
        if dice.roll(3) > 0 {
            news.id = PaymentId::new(format!("told-{number}")).unwrap();
        }
        if dice.roll(2) == 0 {
            news.order_id = None;
        }
        told.push(paid_event(reference, &news));
        if dice.roll(3) == 0 {
            told.push(paid_event(reference, &payment));
        }
        paid.push(payment);
    }
    for last in (1..told.len()).rev() {
        let other = dice.roll(last + 1);
        told.swap(last, other);
    }
    (paid, told)
}

async fn play(seed: u64) {
    let mut dice = Dice(seed * 7_919 + 12_345);
    let bench = Bench::that_is_told(database).await;
    let unpaid = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let (paid, told) = pay_and_tell(&bench, reference, &mut dice);
    let truth: i64 = paid
        .iter()
        .map(|payment| payment.amount.minor_units())
        .sum();
    let show = |count: usize| {
        let mut state = bench.gateway.state();
        state.links.get_mut(reference).unwrap().payments = paid[..count].to_vec();
    };

    let mut shown = 0;
    for event in &told {
        shown = shown.max(dice.roll(paid.len() + 1));
        show(shown);
        bench.receive(std::slice::from_ref(event)).await;
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
    bench.settle().await;
    assert_eq!(
        bench.view("inv").await.received.minor_units(),
        truth,
        "seed {seed}"
    );
    bench.assert_all_is_told().await;
    let deliveries = bench.deliveries().await;
    let applied = |state| state == DeliveryState::Applied;
    assert!(
        deliveries.iter().all(|delivery| applied(delivery.state)),
        "seed {seed}"
    );
}

each_database!(whatever_is_told_under_whatever_id_each_payment_counts_once);
async fn whatever_is_told_under_whatever_id_each_payment_counts_once(database: Database) {
    for seed in 1..80 {
        play(seed).await;
    }
}

/// Two payments of an amount on one order, and a list that lags: the second takes the first's place
/// in it, and is taken for it, until both are there.
each_database!(what_was_taken_for_another_payment_is_told_once_both_are_listed);
async fn what_was_taken_for_another_payment_is_told_once_both_are_listed(database: Database) {
    for first_listed in 0..2 {
        let bench = Bench::that_is_told(database).await;
        let unpaid = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
        let url = bench.url(&unpaid).await;
        let reference = url.reference.as_str();
        let one = bench.gateway.pay(reference, "50.00");
        let mut two = bench.gateway.pay(reference, "50.00");
        two.order_id.clone_from(&one.order_id);
        let both = [one.clone(), two.clone()];
        let show = |payments: &[Payment]| {
            let mut state = bench.gateway.state();
            state.links.get_mut(reference).unwrap().payments = payments.to_vec();
        };
        show(&both[1..]);
        for payment in &both {
            bench.receive(&[paid_event(reference, payment)]).await;
            bench.settle().await;
        }
        assert_eq!(bench.totals("inv").await, "50.00 50.00 0.00 processing");
        assert_eq!(bench.told_booked().await, [one.id.as_str()]);

        let mut listed = both.to_vec();
        listed.rotate_left(first_listed);
        show(&listed);
        let look = Event::new("LINK", about(reference), EventKind::FetchNeeded);
        bench.receive(&[look]).await;
        bench.settle().await;
        assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 processing");
        let told = bench.told_booked().await;
        assert_eq!(told, [one.id.as_str(), two.id.as_str()]);
        bench.assert_all_is_told().await;
    }
}
