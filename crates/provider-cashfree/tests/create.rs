//! Creation of a link, exactly once under all failures.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use payment_provider_core::{
    CheckoutStatus, CreatedCheckout, Effect, Environment, NextAction, ProviderError,
    ProviderErrorKind, ProviderId, RetryAdvice,
};
use support::*;
use test_support::ClosedPort;
use tokio::time::Instant;

async fn create(gateway: &Scripted) -> Result<CreatedCheckout, ProviderError> {
    let provider = connect(gateway);
    provider.create_checkout(&prepared(&provider)).await
}

fn assert_created(outcome: &Result<CreatedCheckout, ProviderError>) {
    assert!(
        matches!(outcome, Ok(CreatedCheckout::Created(_))),
        "{outcome:?}"
    );
}

fn assert_adopted(outcome: &Result<CreatedCheckout, ProviderError>) {
    assert!(
        matches!(outcome, Ok(CreatedCheckout::Adopted(_))),
        "{outcome:?}"
    );
}

/// Checks that all POST requests carried the same bytes, and that each group of requests used one
/// key.
fn assert_keys(gateway: &Scripted, groups: &[usize]) {
    let posts = gateway.posts();
    let bodies: BTreeSet<_> = posts.iter().map(|post| post.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "the bytes changed");
    let keys: Vec<_> = posts
        .iter()
        .map(|post| post.header("x-idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), groups.iter().sum::<usize>(), "{keys:?}");
    let mut rest = keys.as_slice();
    let mut firsts = BTreeSet::new();
    for group in groups {
        let (these, others) = rest.split_at(*group);
        assert!(these.iter().all(|key| *key == these[0]), "{keys:?}");
        assert!(firsts.insert(these[0].clone()), "{keys:?}");
        rest = others;
    }
    let ids: BTreeSet<_> = posts
        .iter()
        .map(|post| post.header("x-request-id").unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), posts.len(), "each request has an id of its own");
}

#[tokio::test(start_paused = true)]
async fn a_link_is_created() {
    let gateway = Scripted::acts([ok(link())]).await;
    let outcome = create(&gateway).await;
    assert_created(&outcome);
    let checkout = outcome.unwrap().into_checkout();
    assert_eq!(checkout.reference, reference());
    assert_eq!(checkout.gateway_id.as_ref().unwrap().as_str(), "1576977");
    assert_eq!(checkout.status, CheckoutStatus::Open);
    assert_eq!(checkout.amount, inr(20_012));
    assert_eq!(checkout.amount_paid, inr(0));
    let page = "https://payments-test.cashfree.com/links/U1mgll3c0e9g";
    assert_eq!(
        checkout.next_action,
        NextAction::Redirect(page.parse().unwrap())
    );
    assert_eq!(checkout.expires_at, Some(request().expires_at));
    assert_eq!(checkout.fingerprint.unwrap().as_str(), fingerprint());
}

#[tokio::test(start_paused = true)]
async fn the_request_has_exactly_these_headers_and_fields() {
    let gateway = Scripted::acts([ok(link())]).await;
    assert_created(&create(&gateway).await);
    let [post] = gateway.posts().try_into().unwrap();
    assert_eq!(post.line(), "POST /pg/links");
    let expected = concat!(
        r#"{"link_id":"inv-1","link_amount":200.12,"link_currency":"INR","#,
        r#""link_purpose":"Invoice 1","customer_details":{"customer_phone":"9000000000"},"#,
        r#""link_partial_payments":false,"link_expiry_time":"2026-01-16T10:00:00Z","#,
        r#""link_notify":{"send_sms":false,"send_email":false},"link_auto_reminders":false,"#,
        r#""link_notes":{"fingerprint":"6J5POIEWTVH5JZXHBOPFORUMXU"},"#,
        r#""link_meta":{"upi_intent":true}}"#,
    );
    assert_eq!(String::from_utf8(post.body.clone()).unwrap(), expected);
    let mut headers = post.headers.clone();
    headers.sort();
    for (name, value) in &mut headers {
        if ["host", "x-request-id", "user-agent"].contains(&name.as_str()) {
            "(varies)".clone_into(value);
        }
    }
    let headers: Vec<_> = headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    let expected = [
        "accept: application/json",
        "content-length: 382",
        "content-type: application/json",
        "host: (varies)",
        "user-agent: (varies)",
        "x-api-version: 2025-01-01",
        "x-client-id: TEST_ID",
        "x-client-secret: cfsk_ma_test_secret",
        "x-idempotency-key: d49a44c0-ccb2-57ce-a5ff-5439ba6c1c81",
        "x-request-id: (varies)",
    ];
    assert_eq!(headers, expected);
}

#[tokio::test(start_paused = true)]
async fn the_same_prepared_checkout_has_the_same_key_in_every_process() {
    let first = Scripted::acts([ok(link())]).await;
    let second = Scripted::acts([ok(link())]).await;
    assert_created(&create(&first).await);
    assert_created(&create(&second).await);
    let key = |gateway: &Scripted| {
        let posts = gateway.posts();
        posts[0].header("x-idempotency-key").unwrap().to_owned()
    };
    assert_eq!(key(&first), key(&second));
}

#[tokio::test(start_paused = true)]
async fn a_checkout_of_another_environment_or_provider_is_not_sent() {
    let gateway = Scripted::acts([]).await;
    let provider = connect(&gateway);
    let mut foreign = prepared(&provider);
    foreign.environment = Environment::Production;
    foreign.provider = ProviderId::new("other").unwrap();
    let error = provider.create_checkout(&foreign).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidRequest);
    assert_eq!(error.effect(), Effect::NotSent);
    assert!(error.violations().names("environment"));
    assert!(error.violations().names("provider"));
    assert_eq!(gateway.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_retried_with_the_same_key_and_bytes() {
    let half = link().into_bytes()[..100].to_vec();
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"link_id\":".to_vec();
    for fault in [
        Act::Close,
        Act::Hang,
        Act::Raw(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Act::Raw(b"nonsense\r\n\r\n".to_vec()),
        Act::Raw(cut.clone()),
        Act::RawThenHang(cut),
        refusal(500, "internal_error", "api_error"),
        refusal(502, "bank_processing_failure", "api_error"),
        reply(503, "<html>down</html>"),
        ok(""),
        ok("<html>hello</html>"),
        ok(half),
        ok(vec![b'{', 0xff, 0xfe, b'}']),
        reply(404, "<html>not here</html>"),
        refusal(400, "api_request_timeout", "api_error"),
    ] {
        let gateway = Scripted::acts([fault.clone(), ok(link())]).await;
        let outcome = create(&gateway).await;
        assert!(
            matches!(outcome, Ok(CreatedCheckout::Created(_))),
            "{fault:?} {outcome:?}"
        );
        assert_keys(&gateway, &[2]);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_last_attempt_the_link_is_fetched() {
    let timeouts = [Act::Hang, Act::Hang, Act::Close, ok(link())];
    let gateway = Scripted::acts(timeouts).await;
    assert_created(&create(&gateway).await);
    assert_eq!(gateway.lines()[3], "GET /pg/links/inv-1");
    assert_keys(&gateway, &[3]);
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_creation_may_have_been_applied() {
    let html = || ok("<html></html>");
    for last in [
        [not_found(), not_found(), not_found()],
        [Act::Close, Act::Close, Act::Close],
        [html(), html(), html()],
        [
            refusal(401, "request_failed", "authentication_error"),
            Act::Close,
            Act::Close,
        ],
    ] {
        let acts = [Act::Close, html(), Act::Close].into_iter().chain(last);
        let gateway = Scripted::acts(acts).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.effect(), Effect::MaybeApplied, "{error:?}");
        assert_eq!(error.kind(), ProviderErrorKind::Connection);
        assert_ne!(error.retry(), RetryAdvice::Never);
        assert!(error.request_id().is_some());
        assert_keys(&gateway, &[3]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_beyond_the_size_limit_is_not_read_to_its_end() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_vec();
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.resize(2 * 1024 * 1024, b' ');
    for huge in [Act::RawThenHang(announced), Act::RawThenHang(endless)] {
        let gateway = Scripted::acts([huge, not_found()]).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ProviderErrorKind::UnreadableAnswer,
            "{error:?}"
        );
        assert_eq!(error.effect(), Effect::MaybeApplied);
        assert_eq!(gateway.lines(), ["POST /pg/links", "GET /pg/links/inv-1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_with_a_missing_field_names_the_field() {
    let without = link().replace("\"link_status\"", "\"x\"");
    let gateway = Scripted::acts([ok(without.clone()), ok(without)]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(error.status(), Some(200));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "`link_status` is missing or cannot be read");
    assert_eq!(gateway.lines(), ["POST /pg/links", "GET /pg/links/inv-1"]);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_success_is_resolved_by_a_fetch() {
    let without = link().replace("\"link_amount_paid\"", "\"x\"");
    let gateway = Scripted::acts([ok(without), ok(link())]).await;
    assert_created(&create(&gateway).await);
}

#[tokio::test(start_paused = true)]
async fn a_success_about_another_link_is_not_accepted() {
    let other = link().replace("inv-1", "inv-2");
    let gateway = Scripted::acts([ok(other), not_found()]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    assert_eq!(error.effect(), Effect::MaybeApplied);

    for (amount, currency, field) in [("200.13", "INR", "amount"), ("200.12", "USD", "currency")] {
        let differs = link_like("ACTIVE", amount, currency, "0", &fingerprint());
        let gateway = Scripted::acts([ok(differs)]).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::Conflict);
        assert_eq!(error.effect(), Effect::MaybeApplied);
        assert_eq!(error.differences().len(), 1);
        assert_eq!(error.differences()[0].field, field);
    }
}

#[tokio::test(start_paused = true)]
async fn the_fingerprint_of_a_success_is_compared_if_the_response_has_one() {
    // The notes may be missing from a response; the amount and the reference are enough then.
    for without in [
        link().replace("link_notes", "x"),
        link_like("ACTIVE", "200.12", "INR", "0", "short"),
    ] {
        let gateway = Scripted::acts([ok(without)]).await;
        assert_created(&create(&gateway).await);
        assert_eq!(gateway.seen().len(), 1);
    }
    // Another request created the link of this response.
    let other = link_like("ACTIVE", "200.12", "INR", "0", &"B".repeat(26));
    let gateway = Scripted::acts([ok(other)]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    let [difference] = error.differences() else {
        panic!("{error:?}");
    };
    assert_eq!(difference.field, "fingerprint");
    assert_eq!(gateway.seen().len(), 1);
    // Both sides of a stored success are compared: the response, and the present link.
    let stored = |body: String| ok(body).with("x-idempotency-replayed", "true");
    let other = link_like("PAID", "200.12", "INR", "200.12", &"B".repeat(26));
    let gateway = Scripted::acts([stored(link()), ok(other)]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Conflict);
    assert_eq!(error.differences()[0].field, "fingerprint");
}

#[tokio::test(start_paused = true)]
async fn a_link_paid_in_part_is_adopted_with_what_was_paid() {
    let [taken, ..] = taken();
    let part = || ok(link_in("PARTIALLY_PAID", "55.00"));
    let stored = || ok(link()).with("x-idempotency-replayed", "true");
    for acts in [
        vec![taken, part()],
        vec![part()],
        vec![stored(), part()],
        vec![Act::Close, Act::Close, Act::Close, part()],
    ] {
        let gateway = Scripted::acts(acts).await;
        let outcome = create(&gateway).await;
        assert_adopted(&outcome);
        let checkout = outcome.unwrap().into_checkout();
        assert_eq!(checkout.status, CheckoutStatus::PartiallyPaid);
        assert_eq!(checkout.amount, inr(20_012));
        assert_eq!(checkout.amount_paid, inr(5_500));
        assert!(matches!(checkout.next_action, NextAction::Redirect(_)));
    }
}

fn taken() -> [Act; 5] {
    [
        refusal(409, "link_post_failed", "invalid_request_error"),
        refusal(409, "link_already_exists", "invalid_request_error"),
        reply(
            400,
            r#"{"message":"Link ID already exists","code":"link_post_failed","type":"invalid_request_error"}"#,
        ),
        refusal(422, "request_invalid", "idempotency_error"),
        refusal(400, "idempotency_key_mismatch", "invalid_request_error"),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_existing_equal_link_is_adopted() {
    for taken in taken() {
        let gateway = Scripted::acts([taken, ok(link())]).await;
        assert_adopted(&create(&gateway).await);
        assert_eq!(gateway.lines(), ["POST /pg/links", "GET /pg/links/inv-1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_existing_link_is_adopted_in_any_status() {
    for (status, paid) in [("PAID", "200.12"), ("EXPIRED", "0"), ("CANCELLED", "0")] {
        let [taken, ..] = taken();
        let gateway = Scripted::acts([taken, ok(link_in(status, paid))]).await;
        let outcome = create(&gateway).await;
        assert_adopted(&outcome);
        assert_eq!(outcome.unwrap().checkout().next_action, NextAction::None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_created_by_an_earlier_attempt_counts_as_created() {
    let [taken, ..] = taken();
    let gateway = Scripted::acts([Act::Close, taken.clone(), ok(link())]).await;
    assert_created(&create(&gateway).await);
    let paid = ok(link_in("PAID", "200.12"));
    let gateway = Scripted::acts([Act::Close, taken, paid]).await;
    assert_adopted(&create(&gateway).await);
}

#[tokio::test(start_paused = true)]
async fn a_differing_link_is_a_conflict_that_lists_the_differences() {
    let print = fingerprint();
    let other = "B".repeat(26);
    for (found, fields) in [
        (
            link_like("ACTIVE", "200.13", "INR", "0", &print),
            vec!["amount"],
        ),
        (
            link_like("ACTIVE", "200.12", "USD", "0", &print),
            vec!["currency"],
        ),
        (
            link_like("ACTIVE", "200.12", "INR", "0", &other),
            vec!["fingerprint"],
        ),
        (
            link_like("ACTIVE", "200.12", "INR", "0", "short"),
            vec!["fingerprint"],
        ),
        (
            link_like("PAID", "1", "EUR", "1", &other),
            vec!["amount", "currency", "fingerprint"],
        ),
        (link().replace("link_notes", "x"), vec!["fingerprint"]),
    ] {
        for taken in taken() {
            let gateway = Scripted::acts([taken, ok(found.clone())]).await;
            let error = create(&gateway).await.unwrap_err();
            assert_eq!(error.kind(), ProviderErrorKind::Conflict);
            assert_eq!(error.effect(), Effect::Rejected);
            assert_eq!(error.retry(), RetryAdvice::Never);
            let named: Vec<_> = error
                .differences()
                .iter()
                .map(|d| d.field.clone())
                .collect();
            assert_eq!(named, fields);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_taken_reference_is_fetched_until_the_link_is_found() {
    let [taken, ..] = taken();
    let gateway = Scripted::acts([taken.clone(), not_found(), not_found(), ok(link())]).await;
    assert_adopted(&create(&gateway).await);

    let never = Scripted::handler(move |at, _| if at == 0 { taken.clone() } else { not_found() });
    let gateway = never.await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert!(matches!(error.retry(), RetryAdvice::After(_)));
    assert_eq!(error.status(), Some(409));
    assert_eq!(gateway.posts().len(), 1);
}

fn stored_500() -> Act {
    refusal(500, "internal_error", "api_error").with("x-idempotency-replayed", "true")
}

#[tokio::test(start_paused = true)]
async fn after_a_stored_failure_a_new_key_is_used_only_if_the_link_is_not_found() {
    let fresh_500 = refusal(500, "internal_error", "api_error");
    let gateway = Scripted::acts([fresh_500, stored_500(), not_found(), ok(link())]).await;
    assert_created(&create(&gateway).await);
    let lines = gateway.lines();
    assert_eq!(lines[2], "GET /pg/links/inv-1");
    assert_keys(&gateway, &[2, 1]);

    // An earlier call created the link; the stored response belongs to that call.
    let gateway = Scripted::acts([stored_500(), ok(link())]).await;
    assert_adopted(&create(&gateway).await);
    assert_eq!(gateway.lines(), ["POST /pg/links", "GET /pg/links/inv-1"]);
}

#[tokio::test(start_paused = true)]
async fn no_new_key_is_used_while_the_link_cannot_be_fetched() {
    let acts = [stored_500(), Act::Close, Act::Close, Act::Close];
    let gateway = Scripted::acts(acts).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert_keys(&gateway, &[1]);
}

#[tokio::test(start_paused = true)]
async fn a_stored_refusal_of_any_status_is_superseded_under_a_new_key() {
    let stored = |act: Act| act.with("x-idempotency-replayed", "true");
    let invalid = "invalid_request_error";
    for refused in [
        refusal(400, "api_request_timeout", invalid),
        refusal(400, "link_post_failed", invalid),
        refusal(400, "link_amount_invalid", invalid),
        refusal(401, "request_failed", "authentication_error"),
        refusal(404, "link_get_not_found", invalid),
        refusal(404, "request_failed", invalid),
        refusal(429, "request_failed", "rate_limit_error"),
        reply(403, "<html>"),
    ] {
        let gateway = Scripted::acts([stored(refused.clone()), not_found(), ok(link())]).await;
        assert_created(&create(&gateway).await);
        assert_keys(&gateway, &[1, 1]);

        // The link that took the reference decides, not the stored refusal.
        let gateway = Scripted::acts([stored(refused.clone()), ok(link())]).await;
        assert!(create(&gateway).await.is_ok());
        assert_keys(&gateway, &[1]);

        // The renewed refusal is final and is returned.
        let again = refusal(400, "link_amount_invalid", invalid);
        let gateway = Scripted::acts([stored(refused.clone()), not_found(), again]).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.gateway_code(), Some("link_amount_invalid"));

        // While the link cannot be fetched, its existence is unknown.
        let down = || Act::Close;
        let gateway = Scripted::acts([stored(refused), down(), down(), down()]).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.effect(), Effect::MaybeApplied);
        assert_ne!(error.retry(), RetryAdvice::Never);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_refusal_after_a_lost_answer_still_may_have_been_applied() {
    let stored_refusal = || {
        refusal(400, "link_amount_invalid", "invalid_request_error")
            .with("x-idempotency-replayed", "true")
    };
    for (first, effect) in [
        (Act::Close, Effect::MaybeApplied),
        (Act::Hang, Effect::MaybeApplied),
        (stored_refusal(), Effect::Rejected),
    ] {
        let gateway = Scripted::handler(move |at, request| match request.method.as_str() {
            "POST" if at == 0 => first.clone(),
            "POST" => stored_refusal(),
            _ => not_found(),
        });
        let gateway = gateway.await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.effect(), effect, "{error:?}");
        assert_eq!(error.gateway_code(), Some("link_amount_invalid"));
        let last = gateway.lines().pop().unwrap();
        assert_eq!(last, "GET /pg/links/inv-1");
    }
}

#[tokio::test(start_paused = true)]
async fn the_number_of_new_keys_is_bounded() {
    let gateway = Scripted::handler(|_, request| match request.method.as_str() {
        "POST" => stored_500(),
        _ => not_found(),
    });
    let gateway = gateway.await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_keys(&gateway, &[1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_stored_success_is_replaced_by_the_current_link() {
    let stored = ok(link()).with("x-idempotency-replayed", "true");
    let gateway = Scripted::acts([stored.clone(), ok(link_in("PAID", "200.12"))]).await;
    let outcome = create(&gateway).await;
    assert_adopted(&outcome);
    assert_eq!(outcome.unwrap().checkout().status, CheckoutStatus::Paid);

    // Within one call, the stored response belongs to the attempt whose response was lost.
    let gateway = Scripted::acts([Act::Close, stored]).await;
    assert_created(&create(&gateway).await);
    assert_eq!(gateway.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_gateways_retry_delay_is_honoured_within_the_deadline() {
    let limited = || refusal(429, "request_failed", "rate_limit_error");
    let gateway = Scripted::acts([limited().with("x-ratelimit-retry", "17"), ok(link())]).await;
    let start = Instant::now();
    assert_created(&create(&gateway).await);
    assert!(start.elapsed() >= Duration::from_secs(17));
    assert_keys(&gateway, &[2]);

    for (header, wait) in [("59", 59), ("0", 60), ("soon", 60)] {
        let gateway = Scripted::acts([limited().with("x-ratelimit-retry", header)]).await;
        let start = Instant::now();
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::RateLimited);
        assert_eq!(error.effect(), Effect::Rejected);
        let expected = RetryAdvice::After(Duration::from_secs(wait));
        assert_eq!(error.retry(), expected);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    let gateway = Scripted::acts([limited()]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_not_retried() {
    for (act, kind) in [
        (
            refusal(400, "link_amount_invalid", "invalid_request_error"),
            ProviderErrorKind::InvalidRequest,
        ),
        (
            refusal(400, "link_post_failed", "invalid_request_error"),
            ProviderErrorKind::Refused,
        ),
        (
            refusal(401, "request_failed", "authentication_error"),
            ProviderErrorKind::Authentication,
        ),
        (reply(401, ""), ProviderErrorKind::Authentication),
        (
            refusal(403, "x", "feature_not_enabled"),
            ProviderErrorKind::Refused,
        ),
    ] {
        let gateway = Scripted::acts([act.with("x-request-id", "req-7")]).await;
        let error = create(&gateway).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.effect(), Effect::Rejected);
        assert_eq!(error.retry(), RetryAdvice::Never);
        assert_eq!(error.request_id(), Some("req-7"));
        assert_eq!(gateway.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_answered_with_not_found_is_retried() {
    let gateway = Scripted::acts([not_found(), ok(link())]).await;
    assert_created(&create(&gateway).await);
    let gateway = Scripted::handler(|_, _| not_found()).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_ne!(error.retry(), RetryAdvice::Never);
    assert_eq!(gateway.lines()[3], "GET /pg/links/inv-1");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_attempt_still_may_have_been_applied() {
    let refused = || refusal(400, "link_post_failed", "invalid_request_error");
    let gateway = Scripted::acts([Act::Close, refused(), ok(link())]).await;
    assert_created(&create(&gateway).await);
    let gateway = Scripted::acts([Act::Close, refused(), not_found()]).await;
    let error = create(&gateway).await.unwrap_err();
    assert_eq!(error.effect(), Effect::MaybeApplied);
}

#[tokio::test(start_paused = true)]
async fn an_expired_checkout_is_fetched_before_its_refusal_is_returned() {
    let refused = || refusal(400, "link_expiry_time_invalid", "invalid_request_error");
    for (found, adopted) in [(ok(link_in("EXPIRED", "0")), true), (not_found(), false)] {
        let gateway = Scripted::acts([refused(), found]).await;
        let stored = prepared(&connect(&gateway));
        let later = std::sync::Arc::new(Fixed(NOW + jiff::SignedDuration::from_hours(3 * 24)));
        let provider = connect_with(config().with_clock(later), &settings(&gateway.base_url));
        match provider.create_checkout(&stored).await {
            Ok(outcome) => assert!(adopted && matches!(outcome, CreatedCheckout::Adopted(_))),
            Err(error) => {
                assert!(!adopted);
                assert_eq!(error.effect(), Effect::Rejected);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_connection_means_nothing_was_sent() {
    let gateway = Scripted::acts([]).await;
    let closed = ClosedPort::reserve().unwrap();
    let base_url = format!("http://{}/pg", closed.address());
    let provider = connect_with(config(), &settings(&base_url));
    let prepared = prepared(&connect(&gateway));
    let error = provider.create_checkout(&prepared).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Connection);
    assert_eq!(error.effect(), Effect::NotSent);
    assert_eq!(error.retry(), RetryAdvice::Now);
}

#[tokio::test(start_paused = true)]
async fn a_connection_reset_before_the_request_was_read_is_retried() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/pg", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            // Dropping the connection with unread bytes resets it.
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    let provider = connect_with(config(), &settings(&base_url));
    let error = provider
        .create_checkout(&prepared(&provider))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Connection);
    assert_eq!(error.effect(), Effect::MaybeApplied);
}

#[tokio::test(start_paused = true)]
async fn an_operation_ends_by_its_deadline() {
    let gateway = Scripted::handler(|_, _| Act::Hang).await;
    let limit = Duration::from_secs(25);
    let config = config().with_operation_deadline(limit);
    let provider = connect_with(config, &settings(&gateway.base_url));
    let start = Instant::now();
    let error = provider
        .create_checkout(&prepared(&provider))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Timeout);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert!(
        start.elapsed() <= limit + Duration::from_millis(10),
        "{:?}",
        start.elapsed()
    );
    assert!(gateway.lines().contains(&"GET /pg/links/inv-1".to_owned()));
}
