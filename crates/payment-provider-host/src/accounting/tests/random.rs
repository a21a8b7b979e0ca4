//! Random histories, each in several orders, while the gateway's list lags.

use std::thread;
use std::time::Instant;

use super::histories::{RefundState, Report, assert_finished, events, inbox, payments};

/// A small repeatable random generator (`SplitMix64`).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).expect("below the limit")
    }

    fn shuffle(&mut self, reports: &mut [Report]) {
        for last in (1..reports.len()).rev() {
            reports.swap(last, self.below(last + 1));
        }
    }

    pub(super) fn report(&mut self, payments: usize) -> Report {
        let number = self.below(payments);
        let state = [
            RefundState::Pending,
            RefundState::Succeeded,
            RefundState::Failed,
        ][self.below(3)];
        let id = u8::try_from(number * 2 + self.below(2)).expect("a small number");
        match self.below(12) {
            0 => Report::Failed(number),
            1 => Report::Paid(number),
            2 => Report::Claimed(number),
            3 => Report::PaidWithTotal(number),
            4 => Report::Total,
            5 => Report::NothingYet,
            6 => Report::FetchNeeded,
            7 => Report::Disputed(self.below(2) * 7),
            8 => Report::ClaimedById(number),
            _ => Report::Refunded(number, id, state, 1_000 + i64::from(id)),
        }
    }
}

const AMOUNTS: [&str; 4] = ["200.12", "55.00", "145.12", "250.00"];

/// Plays one random history in two orders; both must come to the same.
fn play(seed: u64) {
    let mut random = Random(seed);
    let partial = random.below(2) == 0;
    let count = 1 + random.below(3);
    let amounts: Vec<&str> = (0..count).map(|_| AMOUNTS[random.below(4)]).collect();
    let shared_order = random.below(4) == 0;
    // Every payment is reported at some time, by a payment event or by a claim alone.
    let mut reports: Vec<Report> = (0..count)
        .map(|number| match random.below(4) {
            0 => Report::Claimed(number),
            1 => Report::ClaimedById(number),
            _ => Report::Paid(number),
        })
        .collect();
    if shared_order {
        // A gateway states the order again with every payment.
        reports.push(Report::Claimed(count - 1));
    }
    for _ in 0..=random.below(4) {
        reports.push(random.report(count));
    }
    let mut totals: Option<String> = None;
    for _ in 0..2 {
        random.shuffle(&mut reports);
        let made = payments(&amounts, shared_order);
        let paid: i64 = made.iter().map(|row| row.amount.minor_units()).sum();
        let mut inbox = inbox(partial, made);
        inbox.receives_payment_events = random.below(2) == 0;
        inbox.gateway.lists_orders = random.below(4) > 0;
        for report in &reports {
            inbox.gateway.visible = random.below(count + 1);
            let events = events(&inbox.gateway, *report);
            inbox.receive(events);
            for _ in 0..random.below(3) {
                inbox.work();
                inbox.now += 2_000;
            }
        }
        inbox.finish();
        assert_finished(&inbox, &(seed, &reports));
        let found = inbox.totals();
        let received = inbox
            .account
            .as_ref()
            .map(|account| account.payable.received);
        assert_eq!(received, Some(paid), "seed {seed}: {reports:?}");
        let first = totals.get_or_insert_with(|| found.clone());
        assert_eq!(&found, first, "seed {seed}: {reports:?}");
    }
}

/// The number of histories, each a set of reports in one order of arrival. `cargo xtask histories` plays a
/// million.
fn histories() -> u64 {
    const VARIABLE: &str = "RANDOM_HISTORIES";
    match std::env::var(VARIABLE) {
        Ok(number) => number.parse().expect(VARIABLE),
        Err(_) => 10_000,
    }
}

#[test]
fn random_histories_end_in_the_same_totals_in_any_order() {
    let started = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let pairs = histories().div_ceil(2);
    let running: Vec<_> = (0..)
        .take(threads)
        .map(|first| {
            thread::spawn(move || {
                let seeds = (first..pairs).step_by(threads);
                seeds.map(play).count() as u128
            })
        })
        .collect();
    let mut count = 0;
    for thread in running {
        count += 2 * thread.join().expect("every history holds");
    }
    let spent = started.elapsed();
    let rate = count * 1_000 / spent.as_millis().max(1);
    println!("{count} random histories in {spent:.1?}, {rate} a second");
}
