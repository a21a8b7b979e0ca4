//! Claims that name their payment or refund.

use payment_provider_core::{
    Currency, Event, EventKind, EventTarget, Money, OrderId, Payment, PaymentClaim, PaymentId,
    PaymentStatus, Refund, RefundClaim, RefundId, RefundStatus,
};

use super::histories::{Report, events, inbox, payments};
use super::inbox::{Inbox, target};
use crate::accounting::delivery_report::WaitReason;

fn paid_once() -> Inbox {
    inbox(false, payments(&["200.12"], false))
}

fn receive(inbox: &mut Inbox, kind: EventKind) {
    inbox.receive(vec![Event::new("EVENT", target(), kind)]);
    inbox.work();
}

fn claimed(inbox: &Inbox) -> PaymentClaim {
    inbox.gateway.payments[0].clone().into()
}

/// Works for longer than a gateway's list may lag.
fn work_for_minutes(inbox: &mut Inbox) {
    for _ in 0..60 {
        inbox.work();
        inbox.now += 5_000;
    }
}

fn refund(status: RefundStatus) -> Refund {
    let amount = Money::from_minor_units(5_000, Currency::INR);
    let mut refund = Refund::new(RefundId::new("refund-1").unwrap(), status, amount);
    refund.payment_id = PaymentId::new("pay-0").ok();
    refund
}

#[test]
fn a_claimed_payment_waits_until_the_gateway_lists_it() {
    let mut inbox = paid_once();
    inbox.gateway.visible = 0;
    let claim = claimed(&inbox);
    for _ in 0..3 {
        receive(&mut inbox, EventKind::PaymentClaimed(claim.clone()));
    }
    for _ in 0..100 {
        inbox.now += 3_600_000;
        inbox.work();
    }
    assert_eq!(
        (inbox.waiting(), inbox.last_wait),
        (3, Some(WaitReason::NotListed))
    );
    assert_eq!(inbox.totals(), "0.00 0.00 0.00 0.00 pending");
    inbox.finish();
    assert_eq!(inbox.stuck, 0);
    assert_eq!(inbox.notified, ["pay-0"]);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
}

#[test]
fn a_claim_of_a_posted_payment_asks_nothing() {
    let mut inbox = paid_once();
    let paid = events(&inbox.gateway, Report::Paid(0));
    inbox.receive(paid);
    inbox.work();
    let claim = claimed(&inbox);
    receive(&mut inbox, EventKind::PaymentClaimed(claim));
    assert_eq!((inbox.waiting(), inbox.gateway.fetches), (0, 0));
}

#[test]
fn the_total_of_other_payments_does_not_confirm_a_claimed_payment() {
    let mut inbox = paid_once();
    let id = PaymentId::new("pay-unlisted").unwrap();
    let amount = Money::from_minor_units(20_012, Currency::INR);
    let claim = PaymentClaim::of_payment(id).with_amount(Some(amount));
    receive(&mut inbox, EventKind::PaymentClaimed(claim));
    for _ in 0..60 {
        inbox.now += 5_000;
        inbox.work();
    }
    assert_eq!(inbox.waiting(), 1);
}

#[test]
fn a_claimed_payment_that_the_gateway_lists_as_failed_brings_nothing() {
    let mut inbox = paid_once();
    let claim = claimed(&inbox);
    inbox.gateway.payments[0].status = PaymentStatus::Failed;
    inbox.gateway.payments[0].amount = Money::zero(Currency::INR);
    receive(&mut inbox, EventKind::PaymentClaimed(claim));
    assert_eq!(inbox.waiting(), 1, "the list may lag behind the claim");
    work_for_minutes(&mut inbox);
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "0.00 0.00 0.00 0.00 pending");
}

/// A failed attempt made the foreign order known here. The claim must not wait for a name that is known.
#[test]
fn a_claim_of_a_foreign_order_that_is_known_waits_for_its_payment_alone() {
    let mut inbox = paid_once();
    inbox.gateway.visible = 0;
    let amount = Money::from_minor_units(20_012, Currency::INR);
    let id = PaymentId::new("pay-of-a-shop").unwrap();
    let mut attempt = Payment::new(id, PaymentStatus::Failed, amount);
    attempt.order_id = OrderId::new("order-of-a-shop").ok();
    receive(&mut inbox, EventKind::Payment(attempt.clone()));
    inbox.gateway.own_order = OrderId::new("order-0").ok();
    receive(&mut inbox, EventKind::PaymentClaimed(attempt.into()));
    assert_eq!((inbox.waiting(), inbox.unmatched()), (0, 1));
    let names: Vec<String> = inbox
        .missing_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["payment:pay-of-a-shop"]);
}

#[test]
fn a_claim_of_a_foreign_order_is_unmatched_once_the_checkouts_own_order_is_known() {
    let mut inbox = paid_once();
    inbox.gateway.visible = 0;
    let id = PaymentId::new("pay-of-a-shop").unwrap();
    let foreign = OrderId::new("order-of-a-shop").ok();
    let claim = PaymentClaim::of_payment(id).with_order_id(foreign);
    receive(&mut inbox, EventKind::PaymentClaimed(claim));
    assert_eq!((inbox.waiting(), inbox.unmatched()), (1, 0));
    inbox.gateway.own_order = OrderId::new("order-0").ok();
    inbox.now += 500;
    inbox.work();
    assert_eq!((inbox.waiting(), inbox.unmatched()), (0, 1));
    assert_eq!(inbox.totals(), "0.00 0.00 0.00 0.00 pending");
}

#[test]
fn a_claimed_refund_is_recorded_from_the_gateways_list() {
    let mut inbox = paid_once();
    let paid = events(&inbox.gateway, Report::Paid(0));
    inbox.receive(paid);
    inbox.gateway.refunds = Some(Vec::new());
    let claim = RefundClaim::from(refund(RefundStatus::Pending));
    receive(&mut inbox, EventKind::RefundClaimed(claim.clone()));
    assert_eq!(
        (inbox.waiting(), inbox.last_wait),
        (1, Some(WaitReason::NotListed))
    );
    inbox.gateway.refunds = Some(vec![refund(RefundStatus::Succeeded)]);
    inbox.now += 500;
    inbox.work();
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 50.00 succeeded");
    // The refund has reached the claimed status: the same claim asks nothing.
    let fetches = inbox.gateway.fetches;
    receive(&mut inbox, EventKind::RefundClaimed(claim));
    assert_eq!((inbox.waiting(), inbox.gateway.fetches), (0, fetches));
}

#[test]
fn a_refund_known_as_pending_is_asked_for_again() {
    let mut inbox = paid_once();
    let paid = events(&inbox.gateway, Report::Paid(0));
    inbox.receive(paid);
    receive(&mut inbox, EventKind::Refund(refund(RefundStatus::Pending)));
    inbox.gateway.refunds = Some(vec![refund(RefundStatus::Succeeded)]);
    let claim = RefundClaim::from(refund(RefundStatus::Succeeded));
    receive(&mut inbox, EventKind::RefundClaimed(claim));
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 50.00 succeeded");
    // A later state is claimed, but the list shows the earlier one still.
    let claim = RefundClaim::from(refund(RefundStatus::Failed));
    receive(&mut inbox, EventKind::RefundClaimed(claim));
    assert_eq!(
        (inbox.waiting(), inbox.last_wait),
        (1, Some(WaitReason::NotListed))
    );
    inbox.gateway.refunds = Some(vec![refund(RefundStatus::Failed)]);
    inbox.now += 500;
    inbox.work();
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
}

#[test]
fn a_refund_that_is_known_is_claimed_without_any_other_name() {
    let mut inbox = paid_once();
    let paid = events(&inbox.gateway, Report::Paid(0));
    inbox.receive(paid);
    receive(&mut inbox, EventKind::Refund(refund(RefundStatus::Pending)));
    inbox.gateway.refunds = Some(vec![refund(RefundStatus::Succeeded)]);
    let claim = RefundClaim::of_refund(RefundId::new("refund-1").unwrap());
    let kind = EventKind::RefundClaimed(claim);
    inbox.receive(vec![Event::new("REFUND", EventTarget::none(), kind)]);
    inbox.work();
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 50.00 succeeded");
}

#[test]
fn a_refund_claim_that_leads_nowhere_needs_an_operator() {
    let mut inbox = paid_once();
    let claim = RefundClaim::of_refund(RefundId::new("refund-9").unwrap());
    let kind = EventKind::RefundClaimed(claim);
    inbox.receive(vec![Event::new("REFUND", EventTarget::none(), kind)]);
    inbox.work();
    assert_eq!(inbox.last_wait, Some(WaitReason::Unreadable));
}

#[test]
fn a_claimed_refund_that_cannot_be_asked_for_needs_an_operator() {
    let mut inbox = paid_once();
    let paid = events(&inbox.gateway, Report::Paid(0));
    inbox.receive(paid);
    let claim = RefundClaim::from(refund(RefundStatus::Succeeded));
    receive(&mut inbox, EventKind::RefundClaimed(claim));
    assert_eq!(inbox.last_wait, Some(WaitReason::RefundsNotAskable));
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
}

#[test]
fn a_claimed_refund_of_an_unknown_payment_is_unmatched() {
    let mut inbox = paid_once();
    let mut claim = RefundClaim::from(refund(RefundStatus::Succeeded));
    claim.payment_id = PaymentId::new("pay-foreign").ok();
    let kind = EventKind::RefundClaimed(claim);
    inbox.receive(vec![Event::new("REFUND", EventTarget::none(), kind)]);
    inbox.work();
    assert_eq!((inbox.waiting(), inbox.unmatched()), (0, 1));
}

#[test]
fn an_unreadable_delivery_without_a_name_needs_an_operator() {
    let mut inbox = paid_once();
    let reason = "amount: missing".to_owned();
    let kind = EventKind::Unreadable { reason };
    inbox.receive(vec![Event::new(
        "PAYMENT",
        EventTarget::none(),
        kind.clone(),
    )]);
    inbox.work();
    assert_eq!(inbox.last_wait, Some(WaitReason::Unreadable));
    // With a name, the gateway is asked: everything it lists is posted.
    let mut inbox = paid_once();
    inbox.gateway.refunds = Some(Vec::new());
    inbox.gateway.visible = 0;
    receive(&mut inbox, kind);
    assert_eq!(
        (inbox.waiting(), inbox.gateway.fetches),
        (1, 1),
        "its list may lag"
    );
    inbox.gateway.visible = 1;
    work_for_minutes(&mut inbox);
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
}
