//! Fetching and cancelling a link.

mod support;

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, GatewayCheckoutId, NextAction,
    ProviderError, ProviderErrorKind, RetryAdvice,
};
use support::*;

async fn cancel(
    acts: impl IntoIterator<Item = Act>,
) -> (Result<Cancellation, ProviderError>, Scripted) {
    let gateway = Scripted::acts(acts).await;
    let outcome = connect(&gateway).cancel_checkout(&locator()).await;
    (outcome, gateway)
}

fn with_gateway_id(id: &str) -> CheckoutLocator {
    CheckoutLocator::new(reference(), Some(GatewayCheckoutId::new(id).unwrap()))
}

#[tokio::test(start_paused = true)]
async fn fetch_returns_a_link_in_every_status() {
    for (status_text, paid, status, payable) in [
        ("ACTIVE", "0", CheckoutStatus::Open, true),
        (
            "PARTIALLY_PAID",
            "55.00",
            CheckoutStatus::PartiallyPaid,
            true,
        ),
        ("PAID", "200.12", CheckoutStatus::Paid, false),
        ("EXPIRED", "0", CheckoutStatus::Expired, false),
        ("CANCELLED", "1.5", CheckoutStatus::Cancelled, false),
        (
            "ON_HOLD",
            "0",
            CheckoutStatus::Unknown("ON_HOLD".to_owned()),
            true,
        ),
    ] {
        let gateway = Scripted::acts([ok(link_in(status_text, paid))]).await;
        let checkout = connect(&gateway).fetch_checkout(&locator()).await.unwrap();
        assert_eq!(checkout.status, status);
        assert_eq!(checkout.amount, inr(20_012));
        let paid = match paid {
            "55.00" => 5_500,
            "200.12" => 20_012,
            "1.5" => 150,
            _ => 0,
        };
        assert_eq!(checkout.amount_paid, inr(paid), "{status_text}");
        assert_eq!(checkout.next_action != NextAction::None, payable);
        assert_eq!(gateway.lines(), ["GET /pg/links/inv-1"]);
        let seen = gateway.seen();
        assert_eq!(seen[0].header("x-idempotency-key"), None);
        assert_eq!(seen[0].header("content-type"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn fetch_retries_after_transient_failures() {
    for fault in [
        Act::Close,
        Act::Hang,
        ok("<html></html>"),
        refusal(500, "internal_error", "api_error"),
        refusal(429, "request_failed", "rate_limit_error").with("x-ratelimit-retry", "3"),
    ] {
        let gateway = Scripted::acts([fault, ok(link())]).await;
        assert!(connect(&gateway).fetch_checkout(&locator()).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_apis_own_not_found_counts() {
    for (act, kind) in [
        (not_found(), ProviderErrorKind::NotFound),
        (
            refusal(404, "link_not_found", "x"),
            ProviderErrorKind::NotFound,
        ),
        (
            refusal(400, "link_get_not_found", "invalid_request_error"),
            ProviderErrorKind::NotFound,
        ),
        (
            reply(404, "<html>nginx</html>"),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (reply(404, ""), ProviderErrorKind::UnreadableAnswer),
        (
            refusal(404, "request_failed", "invalid_request_error"),
            ProviderErrorKind::UnreadableAnswer,
        ),
    ] {
        let gateway = Scripted::handler(move |_, _| act.clone()).await;
        let error = connect(&gateway)
            .fetch_checkout(&locator())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn fetching_a_link_of_another_account_is_a_conflict() {
    let gateway = Scripted::handler(|_, _| ok(link())).await;
    let provider = connect(&gateway);
    assert!(
        provider
            .fetch_checkout(&with_gateway_id("1576977"))
            .await
            .is_ok()
    );
    let error = provider
        .fetch_checkout(&with_gateway_id("7"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.differences()[0].field, "gateway_id");
    let gateway = Scripted::handler(|_, _| ok(link().replace("inv-1", "inv-10"))).await;
    let error = connect(&gateway)
        .fetch_checkout(&locator())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
}

#[tokio::test(start_paused = true)]
async fn an_open_link_is_cancelled() {
    let (outcome, gateway) = cancel([ok(link_in("CANCELLED", "0"))]).await;
    assert!(
        matches!(outcome, Ok(Cancellation::Cancelled(_))),
        "{outcome:?}"
    );
    assert_eq!(gateway.lines(), ["POST /pg/links/inv-1/cancel"]);
    assert_eq!(gateway.seen()[0].body, b"");
}

#[tokio::test(start_paused = true)]
async fn a_refused_cancellation_is_decided_by_the_links_status() {
    for refused in [
        refusal(409, "link_cannot_be_cancelled", "invalid_request_error"),
        refusal(400, "link_post_failed", "invalid_request_error"),
        refusal(400, "link_status_invalid", "invalid_request_error"),
        refusal(422, "x", "invalid_request_error"),
    ] {
        for (status_text, ended) in [
            ("PAID", true),
            ("EXPIRED", true),
            ("CANCELLED", true),
            ("PARTIALLY_PAID", false),
            ("ACTIVE", false),
            ("ON_HOLD", false),
        ] {
            let (outcome, gateway) = cancel([refused.clone(), ok(link_in(status_text, "0"))]).await;
            match outcome.unwrap() {
                Cancellation::AlreadyEnded(_) => assert!(ended, "{status_text}"),
                Cancellation::StillPayable(_) => assert!(!ended, "{status_text}"),
                Cancellation::Cancelled(_) => panic!("{status_text}"),
            }
            assert_eq!(gateway.seen().len(), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_reports_what_was_paid_before() {
    let refused = || refusal(409, "link_cannot_be_cancelled", "invalid_request_error");
    let part = |status: &str| ok(link_in(status, "55.00"));
    for (acts, known) in [
        (vec![part("CANCELLED")], false),
        (vec![part("PARTIALLY_PAID"), part("CANCELLED")], true),
        (vec![part("EXPIRED")], true),
        (vec![refused(), part("CANCELLED")], false),
        (vec![refused(), part("EXPIRED")], false),
        (vec![refused(), part("PARTIALLY_PAID")], false),
        (vec![Act::Close, refused(), part("CANCELLED")], false),
    ] {
        let gateway = Scripted::acts(acts).await;
        let at = if known {
            with_gateway_id("1576977")
        } else {
            locator()
        };
        let outcome = connect(&gateway).cancel_checkout(&at).await.unwrap();
        let (Cancellation::Cancelled(checkout)
        | Cancellation::AlreadyEnded(checkout)
        | Cancellation::StillPayable(checkout)) = outcome;
        assert_eq!(checkout.amount, inr(20_012));
        assert_eq!(checkout.amount_paid, inr(5_500), "{:?}", checkout.status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_without_a_response_is_resolved_by_a_fetch() {
    let refused = || refusal(409, "link_cannot_be_cancelled", "invalid_request_error");
    let cancelled = || ok(link_in("CANCELLED", "0"));
    for acts in [
        vec![Act::Close, cancelled()],
        vec![Act::Hang, refused(), cancelled()],
        vec![Act::Close, Act::Close, Act::Close, cancelled()],
        vec![ok("<html>"), ok("<html>"), ok("<html>"), cancelled()],
        vec![ok(link_in("ACTIVE", "0")), cancelled()],
    ] {
        let (outcome, _) = cancel(acts).await;
        assert!(
            matches!(outcome, Ok(Cancellation::Cancelled(_))),
            "{outcome:?}"
        );
    }
    let (outcome, _) = cancel([Act::Close, refused(), ok(link_in("PAID", "200.12"))]).await;
    assert!(
        matches!(outcome, Ok(Cancellation::AlreadyEnded(_))),
        "{outcome:?}"
    );
    let (outcome, _) = cancel([ok(link_in("ACTIVE", "0")), ok(link())]).await;
    assert!(
        matches!(outcome, Ok(Cancellation::StillPayable(_))),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_cancellation_may_have_been_applied() {
    for last in [
        vec![ok(link())],
        vec![not_found()],
        vec![Act::Close, Act::Close, Act::Close],
    ] {
        let acts = [Act::Close, Act::Close, Act::Close].into_iter().chain(last);
        let (outcome, _) = cancel(acts).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.effect(), Effect::MaybeApplied);
        assert_eq!(error.retry(), RetryAdvice::Now);
    }
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_missing_link_is_not_found() {
    let (outcome, gateway) = cancel([not_found()]).await;
    assert_eq!(outcome.unwrap_err().kind(), ProviderErrorKind::NotFound);
    assert_eq!(gateway.seen().len(), 1);
    let (outcome, _) = cancel([refusal(401, "x", "authentication_error")]).await;
    assert_eq!(
        outcome.unwrap_err().kind(),
        ProviderErrorKind::Authentication
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_of_another_account_is_not_cancelled() {
    let gateway = Scripted::acts([ok(link())]).await;
    let error = connect(&gateway)
        .cancel_checkout(&with_gateway_id("7"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(error.differences()[0].field, "gateway_id");
    assert_eq!(gateway.lines(), ["GET /pg/links/inv-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_link_with_a_known_id_is_fetched_before_it_is_cancelled() {
    let known = with_gateway_id("1576977");
    let gateway = Scripted::acts([ok(link()), ok(link_in("CANCELLED", "0"))]).await;
    let outcome = connect(&gateway).cancel_checkout(&known).await;
    assert!(
        matches!(outcome, Ok(Cancellation::Cancelled(_))),
        "{outcome:?}"
    );
    let lines = gateway.lines();
    assert_eq!(
        lines,
        ["GET /pg/links/inv-1", "POST /pg/links/inv-1/cancel"]
    );

    let gateway = Scripted::acts([ok(link_in("EXPIRED", "0"))]).await;
    let outcome = connect(&gateway).cancel_checkout(&known).await;
    assert!(
        matches!(outcome, Ok(Cancellation::AlreadyEnded(_))),
        "{outcome:?}"
    );

    let gateway = Scripted::acts([Act::Close, Act::Close, Act::Close]).await;
    let error = connect(&gateway).cancel_checkout(&known).await.unwrap_err();
    assert_eq!(error.effect(), Effect::NotSent);
    assert_eq!(error.retry(), RetryAdvice::Now);
}
