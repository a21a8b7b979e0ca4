//! Suspended calls.

use std::task::Poll;

use payment_provider_conformance::fake::ScriptedResponse;
use payment_provider_core::*;

use crate::fixture::{Fixture, locator};

#[tokio::test]
async fn a_call_is_suspended_before_it_is_processed() {
    let fixture = Fixture::new();
    let hold = fixture.gateway.hold_next(Operation::CreateCheckout);
    assert!(!hold.is_reached());
    let (provider, prepared) = (fixture.provider.clone(), fixture.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    assert!(hold.is_reached() && !call.is_finished());
    assert_eq!(fixture.gateway.calls(), ["create_checkout r"]);
    assert!(fixture.gateway.checkouts().is_empty());

    // Other calls continue meanwhile.
    fixture.create("r").await.unwrap();
    hold.release();
    let found = call.await.unwrap().unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)), "{found:?}");
}

#[tokio::test]
async fn a_response_is_suspended_after_the_call_is_processed() {
    let fixture = Fixture::new();
    let hold = fixture
        .gateway
        .hold_next_response(Operation::CreateCheckout);
    let (provider, prepared) = (fixture.provider.clone(), fixture.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    assert_eq!(fixture.gateway.checkouts().len(), 1);
    // The host's process ends here.
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let found = fixture.create("r").await.unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)), "{found:?}");
}

#[tokio::test]
async fn a_call_dropped_before_it_is_processed_has_no_effect() {
    let fixture = Fixture::new();
    fixture.checkout("r").await;
    let hold = fixture.gateway.hold_next(Operation::CancelCheckout);
    let at = locator("r");
    {
        let mut call = fixture.provider.cancel_checkout(&at);
        let waits = async { hold.reached().await };
        tokio::pin!(waits);
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            waits.as_mut().poll(context)
        })
        .await;
    }
    hold.release();
    assert_eq!(fixture.fetch("r").await.status, CheckoutStatus::Open);
}

#[tokio::test]
async fn a_hold_released_early_does_not_suspend() {
    let fixture = Fixture::new();
    drop(fixture.gateway.hold_next(Operation::CheckConnection));
    assert!(fixture.provider.check_connection().await.is_ok());
}

#[tokio::test]
async fn a_suspended_call_can_fail_afterwards() {
    let fixture = Fixture::new();
    let (answer, hold) = ScriptedResponse::apply_then_time_out().held_after();
    fixture
        .gateway
        .respond_next(Operation::CreateCheckout, answer);
    let (provider, prepared) = (fixture.provider.clone(), fixture.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    let paid = fixture.gateway.checkout("r").pay();
    hold.release();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(fixture.list("r").await, [paid.payment()]);
}

#[tokio::test]
async fn webhook_verification_can_be_suspended() {
    let fixture = Fixture::new();
    let ping = fixture.gateway.account("main").ping().request();
    let hold = fixture.gateway.hold_next(Operation::HandleWebhook);
    let mut call = fixture.provider.handle_webhook(&ping);
    let first = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(first.is_pending() && hold.is_reached());
    hold.release();
    assert_eq!(call.await.unwrap().events()[0].kind, EventKind::Ping);
}
