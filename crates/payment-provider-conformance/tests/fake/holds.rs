//! Calls that are stopped half way.

use std::task::Poll;

use payment_provider_conformance::fake::Answer;
use payment_provider_core::*;

use crate::bench::{Bench, locator};

#[tokio::test]
async fn a_call_waits_before_anything_is_done() {
    let bench = Bench::new();
    let hold = bench.gateway.hold_next(Operation::CreateCheckout);
    assert!(!hold.is_reached());
    let (provider, prepared) = (bench.provider.clone(), bench.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    assert!(hold.is_reached() && !call.is_finished());
    assert_eq!(bench.gateway.calls(), ["create_checkout r"]);
    assert!(bench.gateway.checkouts().is_empty());

    // Others go on meanwhile.
    bench.create("r").await.unwrap();
    hold.release();
    let found = call.await.unwrap().unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)), "{found:?}");
}

#[tokio::test]
async fn an_answer_waits_after_everything_was_done() {
    let bench = Bench::new();
    let hold = bench.gateway.hold_next_answer(Operation::CreateCheckout);
    let (provider, prepared) = (bench.provider.clone(), bench.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    assert_eq!(bench.gateway.checkouts().len(), 1);
    // The host's process ends here.
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let found = bench.create("r").await.unwrap();
    assert!(matches!(found, CreatedCheckout::Adopted(_)), "{found:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_is_held_before_leaves_nothing_behind() {
    let bench = Bench::new();
    bench.checkout("r").await;
    let hold = bench.gateway.hold_next(Operation::CancelCheckout);
    let at = locator("r");
    {
        let mut call = bench.provider.cancel_checkout(&at);
        let waits = async { hold.reached().await };
        tokio::pin!(waits);
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            waits.as_mut().poll(context)
        })
        .await;
    }
    hold.release();
    assert_eq!(bench.fetch("r").await.status, CheckoutStatus::Open);
}

#[tokio::test]
async fn what_is_released_beforehand_is_not_held() {
    let bench = Bench::new();
    drop(bench.gateway.hold_next(Operation::CheckConnection));
    assert!(bench.provider.check_connection().await.is_ok());
}

#[tokio::test]
async fn a_held_call_can_fail_afterwards() {
    let bench = Bench::new();
    let (answer, hold) = Answer::time_out_after_done().held_after();
    bench.gateway.answer_next(Operation::CreateCheckout, answer);
    let (provider, prepared) = (bench.provider.clone(), bench.prepared("r"));
    let call = tokio::spawn(async move { provider.create_checkout(&prepared).await });
    hold.reached().await;
    let paid = bench.gateway.checkout("r").pay();
    hold.release();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(bench.list("r").await, [paid.payment()]);
}

#[tokio::test]
async fn verifying_can_be_held_too() {
    let bench = Bench::new();
    let ping = bench.gateway.account("main").ping().request();
    let hold = bench.gateway.hold_next(Operation::HandleWebhook);
    let mut call = bench.provider.handle_webhook(&ping);
    let first = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(first.is_pending() && hold.is_reached());
    hold.release();
    assert_eq!(call.await.unwrap().events()[0].kind, EventKind::Ping);
}
