//! A decision on an account of which only the payments that a report may be about are loaded, with the sums
//! of the others, is the decision on the whole account.

use std::thread;

use payment_provider_core::{Event, OrderId};

use super::histories::{events, inbox, payments};
use super::random::Random;
use crate::accounting::account::{Account, PaymentRecord, Tracked};
use crate::accounting::decision::Decision;
use crate::accounting::delivery::{DeliveryStep, delivery};
use crate::accounting::delivery_report::{AllFetched, DeliveryReport};
use crate::accounting::manual_payment::MANUAL_ID_PREFIX;
use crate::accounting::target_name::{TargetName, success_key};
use crate::store::{AccountKeys, names_of};

/// Asserts that a delivery is decided the same on the whole account and on what the store loads of it.
pub(super) fn compare(
    whole: &Account,
    report: &DeliveryReport<'_>,
    fetched: &AllFetched,
    now: i64,
) {
    let mut whole = whole.clone();
    let payments = whole.payments.iter_mut().map(Tracked::unmarked);
    for key in payments.flat_map(|row| &mut row.dedup_keys) {
        key.written();
    }
    let loaded = load(&whole, report.connection_pk, report.events, fetched);
    let decide = |accounts| described(&delivery(accounts, report, fetched, now).unwrap());
    let (narrow, whole) = (decide(loaded), decide(vec![whole]));
    assert!(narrow == whole, "{:#?}\n{narrow}\n\n{whole}", report.events);
}

/// Returns the account as the store loads it for a delivery; none if nothing leads to it.
fn load(
    whole: &Account,
    connection_pk: i64,
    events: &[Event],
    fetched: &AllFetched,
) -> Vec<Account> {
    let names = names_of(events);
    let checkouts: Vec<i64> = fetched.keys().copied().collect();
    let mut keys = AccountKeys {
        connection_pk,
        names: &names,
        checkouts: &checkouts,
        ..AccountKeys::default()
    };
    for event in events {
        keys.add_event(event);
    }
    for answer in fetched.values().flatten() {
        keys.add_answer(answer);
    }
    if !leads_to(&keys, whole) {
        return Vec::new();
    }
    let mut loaded = whole.clone();
    let is_loaded = loaded_payments(&keys, whole);
    loaded.payments.retain(|row| is_loaded.contains(&row.pk));
    if keys.disputes.is_empty() {
        loaded.disputes.clear();
    }
    if !keys.with_refund_history {
        loaded.refund_history.clear();
    }
    vec![loaded]
}

/// Returns true if a key leads to the account, as the store finds it.
fn leads_to(keys: &AccountKeys<'_>, account: &Account) -> bool {
    let of_checkout = account.checkouts.iter().any(|row| {
        let named = |name: &TargetName| match name {
            TargetName::Reference(reference) => row.reference.as_str() == reference,
            TargetName::GatewayId(id) => row.gateway_id.as_deref() == Some(id),
            TargetName::Order(_) | TargetName::Payment(_) => false,
        };
        keys.checkouts.contains(&row.pk) || keys.names.iter().any(named)
    });
    let of_payment = account.payments.iter().any(|row| {
        let named = |name: &TargetName| match name {
            TargetName::Order(order) => row.order_id().map(OrderId::as_str) == Some(order),
            TargetName::Payment(id) => row.dedup_keys.iter().any(|key| **key == success_key(id)),
            TargetName::Reference(_) | TargetName::GatewayId(_) => false,
        };
        keys.payments.contains(&row.payment.id.as_str()) || keys.names.iter().any(named)
    });
    let mut refunds = account.refunds.iter().map(|row| row.refund.id.as_str());
    let mut disputes = account.disputes.iter().map(|row| row.dispute.id.as_str());
    of_checkout
        || of_payment
        || refunds.any(|id| keys.refunds.contains(&id))
        || disputes.any(|id| keys.disputes.contains(&id))
}

/// Returns the row keys of the payments that the store loads.
fn loaded_payments(keys: &AccountKeys<'_>, account: &Account) -> Vec<i64> {
    if keys.needs_no_payments() {
        return Vec::new();
    }
    let mut loaded: Vec<i64> = Vec::new();
    for name in keys.names {
        if let TargetName::Order(named) = name {
            let of_order = account
                .payments
                .iter()
                .filter(|row| order(row) == Some(named));
            loaded.extend(of_order.map(|row| row.pk).min());
        }
    }
    let reported = |row: &PaymentRecord| {
        let posted = keys.names.iter().filter_map(|name| match name {
            TargetName::Payment(id) => Some(success_key(id)),
            _ => None,
        });
        let reports: Vec<_> = posted.chain(keys.reports.iter().cloned()).collect();
        row.dedup_keys.iter().any(|key| reports.contains(key))
    };
    for row in &account.payments {
        let is_manual = row.payment.id.as_str().starts_with(MANUAL_ID_PREFIX);
        let is_claimed = match order(row) {
            Some(order) => keys.claimed_orders.contains(&order),
            None => !keys.claimed_orders.is_empty(),
        };
        if is_manual
            || is_claimed
            || keys.payments.contains(&row.payment.id.as_str())
            || reported(row)
        {
            loaded.push(row.pk);
        }
    }
    loaded
}

fn order(row: &PaymentRecord) -> Option<&str> {
    row.order_id().map(OrderId::as_str)
}

/// Describes a step by everything that is stored, sent or asked for. Records that are not written are left
/// out.
fn described(step: &DeliveryStep) -> String {
    let decision = match step {
        DeliveryStep::Fetch(checkout) => return format!("fetch {checkout:?}"),
        DeliveryStep::Decided(decision) => decision,
    };
    let Decision {
        outcome,
        accounts,
        history,
        notifications,
        new_names,
        merged,
    } = decision;
    let mut written = Vec::new();
    for account in accounts {
        let payables = account.payable.is_changed().then_some(&account.payable);
        written.extend(payables.map(|row| format!("{row:?}")));
        let checkouts = account.checkouts.iter().filter(|row| row.is_changed());
        written.extend(checkouts.map(|row| format!("{row:?}")));
        let payments = account
            .payments
            .iter()
            .filter(|row| row.is_changed() || row.dedup_keys.iter().any(Tracked::is_changed));
        written.extend(payments.map(|row| format!("{row:?}")));
        let refunds = account.refunds.iter().filter(|row| row.is_changed());
        written.extend(refunds.map(|row| format!("{row:?}")));
        let disputes = account.disputes.iter().filter(|row| row.is_changed());
        written.extend(disputes.map(|row| format!("{row:?}")));
    }
    format!(
        "{outcome:#?}\n{written:#?}\n{history:#?}\n{notifications:#?}\n{new_names:#?}\n{merged:#?}"
    )
}

const AMOUNTS: [&str; 3] = ["200.12", "55.00", "145.12"];

/// Plays one random history: reports in any order, a list that lags, and payments that an operator records.
/// Each decision is [compared](compare).
fn play(seed: u64) {
    let mut random = Random(seed);
    let partial = random.below(2) == 0;
    let count = 1 + random.below(4);
    let amounts: Vec<&str> = (0..count).map(|_| AMOUNTS[random.below(3)]).collect();
    let shares_order = random.below(3) == 0;
    let mut inbox = inbox(partial, payments(&amounts, shares_order));
    inbox.compares_narrow_load = true;
    inbox.records_any_amount = true;
    inbox.receives_payment_events = random.below(2) == 0;
    inbox.gateway.lists_orders = random.below(3) > 0;
    inbox.gateway.has_status_api = random.below(3) > 0;
    for step in 0..4 + random.below(10) {
        inbox.gateway.visible = random.below(count + 1);
        if random.below(4) == 0 && !inbox.gateway.has_status_api {
            let _ = inbox.try_manually(&format!("manual:{step}"), amounts[random.below(count)]);
        } else {
            let report = random.report(count);
            let events = events(&inbox.gateway, report);
            inbox.receive(events);
        }
        for _ in 0..random.below(3) {
            inbox.work();
            inbox.now += 2_000;
        }
    }
    inbox.finish();
}

#[test]
fn a_delivery_is_decided_the_same_on_a_narrow_load_and_on_the_whole_account() {
    const SEEDS: u64 = 4_000;
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let running: Vec<_> = (0..threads)
        .map(|first| {
            thread::spawn(move || {
                let mut seed = first;
                while seed < SEEDS {
                    play(seed);
                    seed += threads;
                }
            })
        })
        .collect();
    for thread in running {
        thread.join().expect("every decision is the same");
    }
}
