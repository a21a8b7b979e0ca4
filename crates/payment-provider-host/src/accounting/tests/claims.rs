//! Claims: when one is done, and when it has to wait although money is there.

use payment_provider_core::{
    CheckoutReference, CheckoutSnapshot, CheckoutStatus, Currency, Event, EventKind, EventTarget,
    Money, OrderId, PaymentClaim,
};

use super::histories::{Report, assert_finished, events, inbox, payments};
use super::inbox::{CHECKOUT, Inbox, REFERENCE, target};
use super::orders::orders;
use crate::accounting::account::{Account, CheckoutRecord};

const PAID: &[&str] = &["55.00", "145.12"];

/// An inbox of a gateway on whose checkout both instalments of [`PAID`] were made.
fn instalments(has_status_api: bool) -> Inbox {
    let mut inbox = inbox(true, payments(PAID, false));
    inbox.gateway.has_status_api = has_status_api;
    inbox
}

fn receive(inbox: &mut Inbox, report: Report) {
    let events = events(&inbox.gateway, report);
    inbox.receive(events);
    inbox.work();
}

/// A claim without the total of the checkout.
fn claim(order: &str, amount: &str) -> Vec<Event> {
    let amount = Money::from_decimal(amount, Currency::INR).unwrap();
    let claim = PaymentClaim::of_order(OrderId::new(order).unwrap(), amount);
    vec![Event::new(
        "LINK",
        target(),
        EventKind::PaymentClaimed(claim),
    )]
}

fn total(amount: &str) -> Event {
    let asked = Money::from_decimal("200.12", Currency::INR).unwrap();
    let paid = Money::from_decimal(amount, Currency::INR).unwrap();
    let snapshot = CheckoutSnapshot::new(CheckoutStatus::PartiallyPaid, asked, paid);
    Event::new("TOTAL", target(), EventKind::Snapshot(snapshot))
}

/// Works for longer than a gateway's list may lag.
fn work_for_minutes(inbox: &mut Inbox) {
    for _ in 0..60 {
        inbox.work();
        inbox.now += 5_000;
    }
}

#[test]
fn a_claim_that_cannot_be_looked_up_is_done_once_an_operator_recorded_its_payment() {
    for id in ["manual:seen-in-the-bank", "pay-0"] {
        let mut inbox = inbox(false, payments(&["200.12"], false));
        inbox.gateway.has_status_api = false;
        receive(&mut inbox, Report::Claimed(0));
        inbox.work();
        assert_eq!(inbox.waiting(), 1, "nothing is posted yet");
        inbox.record_manually(id, "200.12");
        inbox.finish();
        assert_eq!(inbox.stuck, 0, "{id}");
        assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
    }
}

#[test]
fn instalments_are_claimed_and_recorded_manually_in_every_order() {
    let reports = vec![
        Report::Claimed(0),
        Report::Claimed(1),
        Report::Paid(1),
        Report::Total,
    ];
    for order in orders(reports) {
        let mut inbox = instalments(false);
        for report in &order {
            receive(&mut inbox, *report);
        }
        inbox.now += 5_000;
        inbox.work();
        assert!(inbox.waiting() > 0, "the first instalment is only claimed");
        inbox.record_manually("pay-0", "55.00");
        inbox.finish();
        assert_finished(&inbox, &order);
        assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
    }
}

#[test]
fn a_claim_is_not_done_by_money_of_another_order() {
    for has_status_api in [true, false] {
        let mut inbox = instalments(has_status_api);
        // The other order's money is posted and all that is listed, and it exceeds the claim.
        inbox.gateway.payments.remove(0);
        inbox.gateway.visible = 1;
        receive(&mut inbox, Report::Paid(0));
        inbox.receive(vec![total("145.12")]);
        inbox.receive(claim("order-0", "55.00"));
        for _ in 0..10 {
            inbox.work();
            inbox.now += 5_000;
        }
        assert_eq!(inbox.waiting(), 1, "status API: {has_status_api}");
    }
}

#[test]
fn a_claim_does_not_explain_itself() {
    for recorded in [None, Some("55.00")] {
        let mut inbox = instalments(false);
        // The gateway reports no total that covers the claim, or money besides what is posted.
        inbox.receive(claim("order-1", "145.12"));
        if let Some(amount) = recorded {
            let events = events(&inbox.gateway, Report::Total);
            inbox.receive(events);
            inbox.work();
            inbox.record_manually("pay-0", amount);
        }
        work_for_minutes(&mut inbox);
        assert_eq!(inbox.waiting(), 1, "{recorded:?}");
    }
}

#[test]
fn a_claim_is_done_if_the_payments_that_the_gateway_lists_name_no_order_or_another() {
    for order in [None, Some("order-of-the-list")] {
        for with_total in [true, false] {
            let mut made = payments(&["200.12"], false);
            made[0].order_id = order.map(|order| OrderId::new(order).unwrap());
            let mut inbox = inbox(false, made);
            let mut events = claim("order-0", "200.12");
            if with_total {
                events.push(total("200.12"));
            }
            inbox.receive(events);
            work_for_minutes(&mut inbox);
            assert_eq!(inbox.waiting(), 0, "{order:?}, total: {with_total}");
            assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
        }
    }
}

/// A list that lags shows the first instalment alone, which covers the claim of the second.
#[test]
fn a_claim_waits_for_a_list_that_may_lag() {
    for with_total in [true, false] {
        let mut made = payments(&["100.06", "100.06"], false);
        for payment in &mut made {
            payment.order_id = None;
        }
        let mut inbox = inbox(true, made);
        inbox.gateway.visible = 1;
        let mut events = claim("order-1", "100.06");
        if with_total {
            events.push(total("200.12"));
        }
        inbox.receive(events);
        for _ in 0..10 {
            inbox.work();
            inbox.now += 5_000;
        }
        assert_eq!(inbox.waiting(), 1, "total: {with_total}");
        inbox.gateway.visible = 2;
        work_for_minutes(&mut inbox);
        assert_eq!(inbox.waiting(), 0, "total: {with_total}");
        assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
    }
}

#[test]
fn a_claim_is_done_if_its_payment_is_posted_on_another_checkout() {
    let mut inbox = inbox(false, payments(&["200.12"], false));
    let stored = inbox.account.take().unwrap();
    let mut checkouts: Vec<CheckoutRecord> =
        stored.checkouts.iter().map(|row| (**row).clone()).collect();
    let mut second = checkouts[0].clone();
    (second.pk, second.attempt) = (CHECKOUT + 1, 2);
    second.reference = CheckoutReference::new(format!("{REFERENCE}-2")).unwrap();
    let on_second = EventTarget::none().with_reference(Some(second.reference.clone()));
    checkouts.push(second);
    let payable = (*stored.payable).clone();
    inbox.account = Some(Account::new(payable, checkouts, Vec::new(), Vec::new()));
    let payment = EventKind::Payment(inbox.gateway.payments[0].clone());
    inbox.receive(vec![Event::new("PAYMENT", on_second, payment)]);
    inbox.work();
    // The same order may have been paid again on the checkout of the claim: the gateway is asked.
    inbox.receive(claim("order-0", "200.12"));
    inbox.work();
    assert_eq!(inbox.gateway.fetches, 1);
    assert_eq!(inbox.waiting(), 0);
    assert_eq!(inbox.totals(), "200.12 200.12 0.00 0.00 succeeded");
}
