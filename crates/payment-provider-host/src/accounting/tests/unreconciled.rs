//! Money that a gateway reports on a checkout and that is neither posted nor written off.

use std::sync::Arc;

use payment_provider_core::{
    Checkout, CheckoutStatus, Currency, Money, NextAction, Refund, RefundId, RefundStatus,
};

use super::histories::{inbox, payments};
use super::inbox::CONNECTION;
use crate::accounting::account::{CheckoutRecord, RefundRecord, Tracked, count_posted};
use crate::accounting::checkout_state::CheckoutState;
use crate::accounting::fetched::{Fetched, FetchedRefunds};
use crate::accounting::fetched_report::fetched;
use crate::accounting::lifecycle::amount_owed;

fn checkout(state: CheckoutState) -> CheckoutRecord {
    let account = inbox(false, payments(&[], false)).account.unwrap();
    let mut checkout = (*account.checkouts[0]).clone();
    checkout.state = state;
    checkout
}

#[test]
fn reported_money_is_unreconciled_until_it_is_posted_or_written_off() {
    use CheckoutState::{Expired, Open, Paid};
    let is_open = |state, gateway_paid, posted, written_off| {
        let mut checkout = checkout(state);
        (checkout.gateway_paid, checkout.written_off) = (gateway_paid, written_off);
        if posted > 0 {
            let posted = Money::from_minor_units(posted, Currency::INR);
            count_posted(&mut checkout, posted);
        }
        checkout.has_unreconciled_amount()
    };
    assert!(!is_open(Open, 0, 0, 0));
    assert!(is_open(Open, 1, 0, 0));
    assert!(!is_open(Open, 6_000, 0, 6_000));
    assert!(is_open(Open, 6_001, 0, 6_000));
    assert!(!is_open(Expired, 9_000, 3_000, 6_000));
    assert!(is_open(Expired, 9_001, 3_000, 6_000));
    assert!(is_open(Paid, 0, 0, 0), "paid without an amount");
    assert!(!is_open(Paid, 5_500, 5_500, 0));
    assert!(!is_open(Paid, 0, 0, 20_000));
    assert!(is_open(Paid, 20_001, 0, 20_000));
    assert!(!is_open(Expired, i64::MAX, 1, i64::MAX));
}

#[test]
fn a_write_off_stays_if_the_total_rises_together_with_a_payment() {
    let money = |minor_units| Money::from_minor_units(minor_units, Currency::INR);
    let mut stored = inbox(true, payments(&["40.00"], false));
    let mut account = stored.account.take().unwrap();
    let checkout = account.checkouts[0].edit();
    (checkout.gateway_paid, checkout.written_off) = (6_000, 6_000);
    let (pk, reference, asked) = (checkout.pk, checkout.reference.clone(), checkout.amount);
    let mut found = Checkout::new(
        reference,
        CheckoutStatus::PartiallyPaid,
        asked,
        NextAction::None,
    );
    found.amount_paid = money(10_000);
    let answer = Fetched {
        checkout: found,
        payments: stored.gateway.payments.clone(),
        refunds: FetchedRefunds::NotFetched,
        started_at: 1,
    };
    let answer = Arc::new(answer).into();
    let decision = fetched(vec![account], pk, &answer, 1).unwrap();
    let checkout = &decision.accounts[0].checkouts[0];
    assert_eq!((checkout.posted, checkout.written_off), (4_000, 6_000));
    assert!(!checkout.has_unreconciled_amount());
}

#[test]
fn refunds_count_in_the_currency_of_the_amount_owed() {
    let usd: Currency = "USD".parse().unwrap();
    let mut account = inbox(true, payments(&[], false)).account.unwrap();
    let id = RefundId::new("refund").unwrap();
    let refund = Refund::new(
        id,
        RefundStatus::Succeeded,
        Money::from_minor_units(5_000, Currency::INR),
    );
    account.refunds.push(Tracked::added(RefundRecord {
        pk: 0,
        checkout_pk: account.checkouts[0].pk,
        connection_pk: CONNECTION,
        refund,
        seen_at: 0,
    }));
    account.payable.edit().refunded = 5_000;
    let owed = Money::from_minor_units(9_000, usd);
    let decision = amount_owed(account, owed, 1).unwrap();
    let balance = decision.accounts[0].balance();
    assert_eq!(balance.refunded(), Money::zero(usd));
}
