//! Fetching and cancelling a link.

mod fake;
mod support;

use bytes::Bytes;
use fake::OrderShape;
use http::Response;
use jiff::SignedDuration;
use payment_provider_conformance::wire::{WireFault, json};
use payment_provider_core::{
    Cancellation, Checkout, CheckoutStatus, Effect, ProviderErrorKind, RetryAdvice,
};
use support::*;

const FETCH: &str = "GET /payment_links/plink";
const CANCEL: &str = "POST /payment_links/plink/cancel";
const UPDATE: &str = "PATCH /payment_links/plink";

fn id_of(checkout: &Checkout) -> String {
    checkout.gateway_id.as_ref().unwrap().to_string()
}

async fn cancel(stage: &Stage) -> Cancellation {
    stage.provider.cancel_checkout(&locator()).await.unwrap()
}

#[tokio::test]
async fn a_link_is_fetched_by_its_id_or_otherwise_by_its_reference() {
    let stage = Stage::new().await;
    let made = stage.make().await;
    stage.gateway.clear();
    let by_reference = stage.provider.fetch_checkout(&locator()).await.unwrap();
    let by_id = stage
        .provider
        .fetch_checkout(&made.locator())
        .await
        .unwrap();
    assert_eq!(by_reference, made);
    assert_eq!(by_id, made);
    assert_eq!(stage.lines(), [LOOKUP, FETCH]);
}

#[tokio::test]
async fn the_order_of_a_link_is_reported_by_each_operation_once_it_exists() {
    let stage = Stage::new().await;
    let made = stage.make_partial().await;
    assert_eq!(made.order_id, None);
    stage.fake.pay(REFERENCE, 5_000);
    let payments = stage.provider.list_payments(&locator()).await.unwrap();
    let order = payments[0].order_id.clone();
    assert!(order.is_some());
    let fetched = stage.provider.fetch_checkout(&locator()).await.unwrap();
    assert_eq!(fetched.order_id, order);
    let adopted = stage.make_partial().await;
    assert_eq!(adopted.order_id, order);
    assert_eq!(cancel(&stage).await.checkout().order_id, order);
}

#[tokio::test]
async fn a_missing_link_is_not_found() {
    let stage = Stage::new().await;
    for locator in [locator(), known("plink_QflcnnZqCekuvL"), known("x")] {
        let error = error(stage.provider.fetch_checkout(&locator).await);
        assert_eq!(error.kind(), ProviderErrorKind::NotFound, "{locator:?}");
        assert_eq!(error.retry(), RetryAdvice::Never);
        let error = support::error(stage.provider.cancel_checkout(&locator).await);
        assert_eq!(error.kind(), ProviderErrorKind::NotFound, "{locator:?}");
        assert_eq!(error.effect(), Effect::Rejected);
    }
}

#[tokio::test]
async fn ids_that_do_not_fit_into_a_path_are_not_sent() {
    let stage = Stage::new().await;
    for id in [".", ".."] {
        let error = error(stage.provider.fetch_checkout(&known(id)).await);
        assert_eq!(error.effect(), Effect::NotSent, "{id}");
    }
    let _ = stage.provider.fetch_checkout(&known("a/b?c=d")).await;
    let targets: Vec<_> = stage
        .gateway
        .requests()
        .into_iter()
        .map(|r| r.target)
        .collect();
    assert_eq!(targets, ["/v1/payment_links/a%2Fb%3Fc=d"]);
}

#[tokio::test]
async fn a_link_with_another_reference_is_a_conflict_and_is_not_cancelled() {
    let stage = Stage::new().await;
    let mut other = request();
    other.reference = "inv-2".parse().unwrap();
    let other = stage.provider.prepare_checkout(&other).unwrap();
    let other = stage.provider.create_checkout(&other).await.unwrap();
    let wrong = known(&id_of(other.checkout()));
    stage.gateway.clear();
    for error in [
        error(stage.provider.fetch_checkout(&wrong).await),
        error(stage.provider.cancel_checkout(&wrong).await),
        error(stage.provider.list_payments(&wrong).await),
    ] {
        assert_eq!(error.kind(), ProviderErrorKind::Conflict);
        assert_eq!(error.differences()[0].field, "reference");
    }
    assert_eq!(stage.lines(), [FETCH; 3]);
}

#[tokio::test]
async fn fetch_returns_a_link_in_every_status() {
    for (does, status, paid) in [
        ("nothing", CheckoutStatus::Open, 0),
        ("part", CheckoutStatus::PartiallyPaid, 5_000),
        ("pay", CheckoutStatus::Paid, 20_012),
        ("expire", CheckoutStatus::Expired, 0),
        ("part and expire", CheckoutStatus::Expired, 5_000),
        ("late", CheckoutStatus::Expired, 20_012),
    ] {
        let stage = Stage::new().await;
        stage.make_partial().await;
        if does.starts_with("part") {
            stage.fake.pay(REFERENCE, 5_000);
        }
        if does.contains("expire") || does == "late" {
            stage.fake.expire(REFERENCE);
        }
        if does == "pay" || does == "late" {
            stage.fake.pay(REFERENCE, 20_012);
        }
        let found = stage.provider.fetch_checkout(&locator()).await.unwrap();
        assert_eq!(found.status, status, "{does}");
        assert_eq!(found.amount_paid, inr(paid), "{does}");
        assert_eq!(page(&found).is_some(), status.is_payable(), "{does}");
    }
}

#[tokio::test]
async fn an_absent_order_is_read_in_three_forms() {
    for order in [OrderShape::Absent, OrderShape::Null, OrderShape::Empty] {
        let stage = Stage::new().await;
        stage.make().await;
        stage
            .fake
            .configure(|behaviour| (behaviour.order, behaviour.empty_map_variants) = (order, true));
        stage.provider.fetch_checkout(&locator()).await.unwrap();
        let payments = stage.provider.list_payments(&locator()).await.unwrap();
        assert!(payments.is_empty());
    }
}

#[tokio::test]
async fn an_unknown_status_is_kept_and_counts_as_payable() {
    let stage = Stage::new().await;
    stage.make().await;
    stage
        .fake
        .configure(|behaviour| behaviour.status = Some("issued".to_owned()));
    let found = stage.provider.fetch_checkout(&locator()).await.unwrap();
    assert_eq!(found.status, CheckoutStatus::Unknown("issued".to_owned()));
    assert!(page(&found).is_some());
}

#[tokio::test(start_paused = true)]
async fn fetch_retries_after_transient_failures() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.configure(|behaviour| behaviour.bad_gateway = 1);
    stage.gateway.clear();
    stage.gateway.fault_next(WireFault::ResetBefore);
    stage.provider.fetch_checkout(&locator()).await.unwrap();
    assert_eq!(stage.lines(), [LOOKUP; 3]);
}

#[tokio::test]
async fn an_open_link_is_cancelled_by_its_id() {
    let stage = Stage::new().await;
    let made = stage.make().await;
    stage.gateway.clear();
    let Cancellation::Cancelled(ended) = cancel(&stage).await else {
        panic!("not cancelled");
    };
    assert_eq!(ended.status, CheckoutStatus::Cancelled);
    assert_eq!(page(&ended), None);
    assert_eq!(stage.lines(), [LOOKUP, CANCEL]);
    assert!(stage.gateway.requests()[1].body.is_empty());
    // A repeated cancellation, by the id this time, makes no call that would be refused.
    stage.gateway.clear();
    let again = stage
        .provider
        .cancel_checkout(&made.locator())
        .await
        .unwrap();
    assert!(matches!(again, Cancellation::AlreadyEnded(_)), "{again:?}");
    assert_eq!(stage.lines(), [FETCH]);
}

#[tokio::test]
async fn a_link_that_ended_meanwhile_is_reported_with_its_status() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.gateway.clear();
    stage
        .fake
        .configure(|behaviour| behaviour.paid_at_cancellation = true);
    let Cancellation::AlreadyEnded(paid) = cancel(&stage).await else {
        panic!("not ended");
    };
    assert_eq!(paid.status, CheckoutStatus::Paid);
    assert_eq!(paid.amount_paid, inr(20_012));
    assert_eq!(stage.lines(), [LOOKUP, CANCEL, FETCH]);

    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.expire(REFERENCE);
    let expired = cancel(&stage).await;
    assert!(
        matches!(expired, Cancellation::AlreadyEnded(_)),
        "{expired:?}"
    );
}

#[tokio::test]
async fn a_partly_paid_link_is_made_to_expire_as_early_as_possible() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.fake.pay(REFERENCE, 5_000);
    stage.gateway.clear();
    let Cancellation::StillPayable(soon) = cancel(&stage).await else {
        panic!("not payable");
    };
    assert_eq!(soon.status, CheckoutStatus::PartiallyPaid);
    assert_eq!(soon.amount_paid, inr(5_000));
    assert_eq!(soon.expires_at, Some(NOW + SignedDuration::from_mins(16)));
    assert!(page(&soon).is_some());
    assert_eq!(stage.lines(), [LOOKUP, UPDATE]);
    let sent = &stage.gateway.requests()[1];
    let at = (NOW + SignedDuration::from_mins(16)).as_second();
    assert_eq!(sent.body, format!(r#"{{"expire_by":{at}}}"#));
    // The expiry is already near enough for a repeated cancellation.
    stage.gateway.clear();
    let again = cancel(&stage).await;
    assert!(matches!(again, Cancellation::StillPayable(_)), "{again:?}");
    assert_eq!(stage.lines(), [LOOKUP]);
}

#[tokio::test]
async fn a_link_partly_paid_during_the_cancellation_is_made_to_expire() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.gateway.clear();
    // The link is open when it is looked up and partly paid when it is cancelled.
    let fake = stage.fake.clone();
    stage.gateway.fault_where(
        move |request| {
            if request.path().ends_with("/cancel") && fake.take_deliveries().is_empty() {
                fake.pay(REFERENCE, 5_000);
            }
            false
        },
        WireFault::ResetBefore,
    );
    let Cancellation::StillPayable(soon) = cancel(&stage).await else {
        panic!("not payable");
    };
    assert_eq!(soon.expires_at, Some(NOW + SignedDuration::from_mins(16)));
    assert_eq!(stage.lines(), [LOOKUP, CANCEL, FETCH, UPDATE]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_to_an_expiry_is_requested_again() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.fake.pay(REFERENCE, 5_000);
    stage.gateway.clear();
    stage.gateway.fault_at(2, WireFault::ResetAfter);
    let soon = cancel(&stage).await;
    assert!(matches!(soon, Cancellation::StillPayable(_)), "{soon:?}");
    assert_eq!(stage.lines(), [LOOKUP, UPDATE, UPDATE]);
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_expiry_is_an_error() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.fake.pay(REFERENCE, 5_000);
    let update =
        |request: &payment_provider_conformance::wire::RecordedRequest| request.method == "PATCH";
    stage.gateway.fault_where(update, WireFault::HangBefore);
    let error = error(stage.provider.cancel_checkout(&locator()).await);
    assert_eq!(error.kind(), ProviderErrorKind::Timeout);
    assert_eq!(error.effect(), Effect::MaybeApplied);
}

#[tokio::test]
async fn a_refused_expiry_is_decided_by_the_links_status() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.fake.pay(REFERENCE, 5_000);
    stage.gateway.clear();
    let refusal = json(
        400,
        r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"no"}}"#,
    );
    stage.gateway.fault_at(2, WireFault::ReplaceBefore(refusal));
    let Cancellation::StillPayable(as_before) = cancel(&stage).await else {
        panic!("not payable");
    };
    assert_eq!(as_before.expires_at, Some(request().expires_at));
    assert_eq!(stage.lines(), [LOOKUP, UPDATE, FETCH]);
}

#[tokio::test]
async fn a_link_that_the_gateway_will_not_cancel_is_still_payable() {
    let stage = Stage::new().await;
    stage.make().await;
    stage
        .fake
        .configure(|behaviour| behaviour.refuse_cancellation = true);
    let refused = cancel(&stage).await;
    assert!(
        matches!(refused, Cancellation::StillPayable(_)),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_without_a_response_is_resolved_by_a_fetch() {
    let half = || {
        let response = Response::builder().status(200);
        response.body(Bytes::from_static(b"{\"id\":")).unwrap()
    };
    for fault in [
        WireFault::ResetAfter,
        WireFault::HangAfter,
        WireFault::CloseMidBody,
        WireFault::ReplaceAfter(half()),
    ] {
        let stage = Stage::new().await;
        stage.make().await;
        stage.gateway.clear();
        stage.gateway.fault_at(2, fault.clone());
        let ended = cancel(&stage).await;
        assert!(
            matches!(ended, Cancellation::Cancelled(_)),
            "{fault:?} {ended:?}"
        );
        assert_eq!(stage.lines(), [LOOKUP, CANCEL, CANCEL, FETCH], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_cancellation_may_have_been_applied() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.gateway.clear();
    stage.gateway.fault_at(2, WireFault::ResetAfter);
    stage.gateway.fault_where(
        |request| request.method == "POST" || request.path().contains("plink_"),
        WireFault::ResetBefore,
    );
    let error = error(stage.provider.cancel_checkout(&locator()).await);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    stage.gateway.clear_faults();
    let again = cancel(&stage).await;
    assert!(matches!(again, Cancellation::AlreadyEnded(_)), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_lookup_means_that_no_cancellation_was_sent() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.gateway.fault_where(|_| true, WireFault::HangBefore);
    let error = error(stage.provider.cancel_checkout(&locator()).await);
    assert_eq!(error.effect(), Effect::NotSent);
    assert!(!stage.lines().contains(&CANCEL.to_owned()));
}
