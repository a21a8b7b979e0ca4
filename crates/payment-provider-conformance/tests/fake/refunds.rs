//! Refunds of payments.

use payment_provider_conformance::fake::{FakeRefund, ScriptedResponse};
use payment_provider_core::*;

use crate::fixture::{Fixture, inr, locator};

impl Fixture {
    async fn refunds(&self, reference: &str) -> Result<Vec<Refund>, ProviderError> {
        let payments = self.list(reference).await;
        let inquiry = self.provider.refund_inquiry().unwrap();
        inquiry.list_refunds(&locator(reference), &payments).await
    }
}

#[tokio::test]
async fn each_refund_of_the_listed_payments_is_listed() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    fixture.checkout("other").await;
    let (first, second) = (checkout.pay_amount(inr("100.00")), checkout.pay());
    fixture.gateway.checkout("other").pay().refund(inr("1.00"));
    let made = [
        first.refund(inr("30.00")),
        second.refund(inr("100.12")),
        first.refund_with_status(inr("70.00"), RefundStatus::Pending),
    ];
    let listed = fixture.refunds("r").await.unwrap();
    let expected: Vec<_> = made.iter().map(FakeRefund::refund).collect();
    assert_eq!(listed, expected);
    assert_eq!(listed[0].payment_id.as_ref(), Some(first.id()));
    assert_eq!(listed[0].order_id, first.payment().order_id);
    assert_eq!(checkout.counts().refunds_listed, 1);

    let inquiry = fixture.provider.refund_inquiry().unwrap();
    let only = [second.payment()];
    let listed = inquiry.list_refunds(&locator("r"), &only).await.unwrap();
    assert_eq!(listed, expected[1..2]);
}

#[tokio::test]
async fn without_a_payment_that_brought_money_no_call_is_made() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let unpaid = [
        checkout.fail_payment().payment(),
        checkout.begin_payment().payment(),
    ];
    let inquiry = fixture.provider.refund_inquiry().unwrap();
    for payments in [&[][..], &unpaid] {
        let listed = inquiry.list_refunds(&locator("r"), payments).await;
        assert_eq!(listed.unwrap(), []);
    }
    assert_eq!(fixture.gateway.call_count(Operation::ListRefunds), 0);
}

#[tokio::test]
async fn each_status_of_a_refund_is_delivered_once() {
    let fixture = Fixture::new();
    let payment = fixture.checkout("r").await.pay();
    let refund = payment.refund_with_status(inr("50.00"), RefundStatus::Pending);
    refund.set_status(RefundStatus::Succeeded);
    let mut delivered = Vec::new();
    for delivery in refund.deliveries() {
        assert_eq!(delivery.gateway_type(), "refund.updated");
        assert_eq!(delivery.reference().unwrap().as_str(), "r");
        let events = fixture.handle(&delivery.request()).await.into_events();
        let [event] = &events[..] else {
            panic!("{events:?}");
        };
        let EventKind::Refund(refund) = &event.kind else {
            panic!("{event:?}");
        };
        delivered.push(refund.clone());
    }
    let statuses: Vec<_> = delivered.iter().map(|refund| &refund.status).collect();
    assert_eq!(statuses, [&RefundStatus::Pending, &RefundStatus::Succeeded]);
    assert_eq!(delivered[1], refund.refund());
    // Deliveries about the payment are others.
    assert_eq!(payment.deliveries().len(), 2);
    // Outside the acceptance window a refund is a claim.
    let stale = refund.deliveries().remove(0).stale().request();
    let events = fixture.handle(&stale).await.into_events();
    assert!(
        matches!(&events[0].kind, EventKind::RefundClaimed(claim) if claim.is_of(&delivered[0]))
    );
}

#[tokio::test]
async fn responses_to_the_list_can_be_scripted() {
    let fixture = Fixture::new();
    let payment = fixture.checkout("r").await.pay();
    payment.refund(inr("1.00"));
    payment.refund(inr("2.00"));
    let operation = Operation::ListRefunds;
    fixture
        .gateway
        .respond_next(
            operation,
            ScriptedResponse::fail(ProviderErrorKind::Unavailable),
        )
        .respond_next(operation, ScriptedResponse::stale_read());
    let error = fixture.refunds("r").await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert_eq!(
        (error.operation(), error.effect()),
        (operation, Effect::Rejected)
    );
    assert_eq!(fixture.refunds("r").await.unwrap().len(), 1);
    assert_eq!(fixture.refunds("r").await.unwrap().len(), 2);
}

#[tokio::test]
async fn undeclared_queries_are_absent() {
    let fixture = Fixture::without(|all| all.refund_inquiry = false);
    assert!(fixture.provider.refund_inquiry().is_none());
}
