//! Creation of a link, exactly once under all failures: without an idempotency key, by the
//! reference alone.

mod fake;
mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fake::{ListShape, NotesShape};
use http::Response;
use payment_provider_conformance::wire::{Script, WireFault, WireGateway, json};
use payment_provider_core::{
    CheckoutReference, CheckoutStatus, CreatedCheckout, Effect, Environment, PaymentProvider,
    ProviderError, ProviderErrorKind, RetryAdvice,
};
use provider_razorpay::RetryTuning;
use support::*;

async fn create(stage: &Stage) -> Result<CreatedCheckout, ProviderError> {
    stage
        .provider
        .create_checkout(&prepared(&stage.provider))
        .await
}

fn page_of_a_proxy(status: u16) -> Response<Bytes> {
    let response = Response::builder().status(status);
    response.body(Bytes::from_static(b"<html>")).unwrap()
}

fn is_created(outcome: Result<CreatedCheckout, ProviderError>) -> bool {
    matches!(outcome.unwrap(), CreatedCheckout::Created(_))
}

/// Creates a link with the same reference on behalf of another host.
async fn taken(stage: &Stage, change: impl FnOnce(&mut payment_provider_core::CheckoutRequest)) {
    let mut other = request();
    change(&mut other);
    let other = stage.provider.prepare_checkout(&other).unwrap();
    stage.provider.create_checkout(&other).await.unwrap();
    stage.gateway.clear();
}

#[tokio::test]
async fn the_prepared_bytes_are_sent_once_and_contain_only_documented_fields() {
    let stage = Stage::new().await;
    let prepared = prepared(&stage.provider);
    let created = stage.provider.create_checkout(&prepared).await.unwrap();
    let CreatedCheckout::Created(checkout) = created else {
        panic!("{created:?}");
    };
    assert_eq!(checkout.status, CheckoutStatus::Open);
    assert_eq!(checkout.amount, inr(20_012));
    assert!(checkout.amount_paid.is_zero());
    assert_eq!(checkout.expires_at, Some(prepared.expires_at));
    assert_eq!(checkout.fingerprint, Some(prepared.fingerprint.clone()));
    let id = checkout.gateway_id.as_ref().unwrap().as_str();
    assert!(id.starts_with("plink_"), "{id}");
    assert!(page(&checkout).unwrap().starts_with("https://rzp.io/"));

    assert_eq!(stage.lines(), [CREATION]);
    let sent = &stage.gateway.requests()[0];
    assert_eq!(sent.body, prepared.body);
    let pair = data_encoding::BASE64.encode(format!("{KEY_ID}:{KEY_SECRET}").as_bytes());
    let expected = format!("Basic {pair}");
    assert_eq!(sent.header("authorization"), Some(expected.as_str()));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let mut names: Vec<_> = sent
        .headers
        .iter()
        .map(|(name, _)| name.to_lowercase())
        .collect();
    names.sort();
    let expected = [
        "accept",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ];
    assert_eq!(names, expected);
    let agent = sent.header("user-agent").unwrap();
    assert!(agent.starts_with("provider-razorpay/"), "{agent}");
}

#[tokio::test]
async fn an_existing_link_is_adopted_after_either_wording_of_the_refusal() {
    for documented in [false, true] {
        let stage = Stage::new().await;
        stage
            .fake
            .configure(|behaviour| behaviour.documented_texts = documented);
        taken(&stage, |_| {}).await;
        let again = create(&stage).await.unwrap();
        assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
        assert_eq!(stage.lines(), [CREATION, LOOKUP]);
        assert_eq!(stage.fake.count(REFERENCE), 1);
    }
}

#[tokio::test]
async fn an_existing_link_is_adopted_in_any_status() {
    for (status, does) in [
        (CheckoutStatus::Paid, "pay"),
        (CheckoutStatus::Expired, "expire"),
        (CheckoutStatus::Cancelled, "cancel"),
    ] {
        let stage = Stage::new().await;
        taken(&stage, |_| {}).await;
        match does {
            "pay" => drop(stage.fake.pay(REFERENCE, 20_012)),
            "expire" => stage.fake.expire(REFERENCE),
            _ => drop(stage.provider.cancel_checkout(&locator()).await.unwrap()),
        }
        let CreatedCheckout::Adopted(checkout) = create(&stage).await.unwrap() else {
            panic!("made again");
        };
        assert_eq!(checkout.status, status);
        assert_eq!(page(&checkout), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_resolved_by_a_lookup_without_sending_again() {
    for fault in [
        WireFault::ResetAfter,
        WireFault::HangAfter,
        WireFault::SlowBody,
        WireFault::CloseMidBody,
        WireFault::TruncateChunked,
        WireFault::Garbage(Bytes::from_static(b"\x16\x03\x01")),
        WireFault::EndlessBody { cap: 3_000_000 },
        WireFault::ReplaceAfter(page_of_a_proxy(502)),
        WireFault::ReplaceAfter(page_of_a_proxy(200)),
        WireFault::ReplaceAfter(json(200, "{}")),
    ] {
        let stage = Stage::new().await;
        stage.gateway.fault_next(fault.clone());
        assert!(is_created(create(&stage).await), "{fault:?}");
        assert_eq!(stage.lines(), [CREATION, LOOKUP], "{fault:?}");
        assert_eq!(stage.fake.count(REFERENCE), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_arrived_is_sent_again_with_the_same_bytes() {
    for fault in [
        WireFault::ResetBefore,
        WireFault::HangBefore,
        WireFault::ReplaceBefore(page_of_a_proxy(500)),
        WireFault::ReplaceBefore(page_of_a_proxy(504)),
    ] {
        let stage = Stage::new().await;
        stage.gateway.fault_next(fault.clone());
        assert!(is_created(create(&stage).await), "{fault:?}");
        assert_eq!(stage.lines(), [CREATION, LOOKUP, CREATION], "{fault:?}");
        let requests = stage.gateway.requests();
        assert_eq!(requests[0].body, requests[2].body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lagging_list_leads_to_a_refusal_instead_of_a_second_link() {
    let stage = Stage::new().await;
    stage.fake.configure(|behaviour| behaviour.empty_lists = 1);
    stage.gateway.fault_next(WireFault::ResetAfter);
    assert!(is_created(create(&stage).await));
    assert_eq!(stage.lines(), [CREATION, LOOKUP, CREATION, LOOKUP]);
    assert_eq!(stage.fake.count(REFERENCE), 1);
}

#[tokio::test(start_paused = true)]
async fn a_taken_reference_is_looked_up_more_than_once() {
    let stage = Stage::new().await;
    taken(&stage, |_| {}).await;
    stage.fake.configure(|behaviour| behaviour.empty_lists = 2);
    let again = create(&stage).await.unwrap();
    assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
    assert_eq!(stage.lines(), [CREATION, LOOKUP, LOOKUP, LOOKUP]);
}

#[tokio::test(start_paused = true)]
async fn a_taken_reference_that_is_not_found_may_have_been_applied() {
    let stage = Stage::new().await;
    taken(&stage, |_| {}).await;
    stage
        .fake
        .configure(|behaviour| behaviour.empty_lists = 100);
    let error = error(create(&stage).await);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    assert_eq!(error.retry(), RetryAdvice::After(Duration::from_secs(2)));
    assert_eq!(stage.creations(), 1);
}

#[tokio::test]
async fn a_differing_link_is_a_conflict_that_lists_the_differences() {
    type Change = fn(&mut payment_provider_core::CheckoutRequest);
    let changes: [(Change, &[&str]); 3] = [
        (
            |request| request.amount = inr(100),
            &["amount", "fingerprint"],
        ),
        (
            |request| {
                let usd = payment_provider_core::Currency::USD;
                request.amount = payment_provider_core::Money::from_minor_units(20_012, usd);
            },
            &["currency", "fingerprint"],
        ),
        (
            |request| request.purpose = "Something else".to_owned(),
            &["fingerprint"],
        ),
    ];
    for (change, fields) in changes {
        let stage = Stage::new().await;
        taken(&stage, change).await;
        let error = error(create(&stage).await);
        assert_eq!(error.kind(), ProviderErrorKind::Conflict);
        assert_eq!(error.effect(), Effect::Rejected);
        assert_eq!(error.retry(), RetryAdvice::Never);
        let differ: Vec<_> = error
            .differences()
            .iter()
            .map(|d| d.field.as_ref())
            .collect();
        assert_eq!(differ, fields);
    }
}

#[tokio::test]
async fn a_link_without_the_fingerprint_is_a_conflict() {
    let stage = Stage::new().await;
    taken(&stage, |_| {}).await;
    for notes in [NotesShape::Null, NotesShape::EmptyList] {
        stage.fake.configure(|behaviour| behaviour.notes = notes);
        let error = error(create(&stage).await);
        assert_eq!(error.kind(), ProviderErrorKind::Conflict);
        let [difference] = error.differences() else {
            panic!("{error:?}");
        };
        assert_eq!(
            (&*difference.field, &*difference.found),
            ("fingerprint", "none")
        );
    }
}

#[tokio::test]
async fn an_existing_link_is_found_in_every_form_of_a_list() {
    for (list, notes, variants) in [
        (ListShape::Items, NotesShape::Object, false),
        (ListShape::Bare, NotesShape::Object, false),
        (ListShape::PaymentLinks, NotesShape::Pairs, true),
    ] {
        let stage = Stage::new().await;
        taken(&stage, |_| {}).await;
        stage.fake.configure(|behaviour| {
            (
                behaviour.list,
                behaviour.notes,
                behaviour.empty_map_variants,
            ) = (list, notes, variants);
        });
        let again = create(&stage).await.unwrap();
        assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
    }
}

#[tokio::test]
async fn a_list_that_ignores_the_reference_filter_is_searched() {
    let stage = Stage::new().await;
    taken(&stage, |_| {}).await;
    for number in 0..150 {
        let mut other = request();
        other.reference = CheckoutReference::new(format!("other-{number}")).unwrap();
        let other = stage.provider.prepare_checkout(&other).unwrap();
        stage.provider.create_checkout(&other).await.unwrap();
    }
    stage.gateway.clear();
    stage
        .fake
        .configure(|behaviour| behaviour.ignore_filter = true);
    let again = create(&stage).await.unwrap();
    assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
    let second = format!("{LOOKUP}&skip=100");
    assert_eq!(stage.lines(), [CREATION, LOOKUP, second.as_str()]);
}

#[tokio::test]
async fn a_refusal_is_returned_with_its_field_if_no_link_is_found() {
    let stage = Stage::new().await;
    stage
        .fake
        .configure(|behaviour| behaviour.max_amount = Some(10_000));
    let error = error(create(&stage).await);
    assert_eq!(error.kind(), ProviderErrorKind::InvalidRequest);
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(error.retry(), RetryAdvice::Never);
    assert!(error.violations().names("amount"));
    assert_eq!(error.gateway_code(), Some("BAD_REQUEST_ERROR"));
    let message = error.gateway_message().unwrap();
    assert_eq!(message, "amount exceeds maximum amount allowed.");
    assert_eq!(stage.lines(), [CREATION, LOOKUP]);
}

#[tokio::test]
async fn a_refused_repetition_adopts_the_link_of_the_earlier_call() {
    // The link was created over an hour ago, and its expiry is now too near for a new link.
    let stage = Stage::new().await;
    let checkout = prepared(&stage.provider);
    stage.provider.create_checkout(&checkout).await.unwrap();
    stage.fake.state().now += 24 * 3600 - 60;
    let again = create(&stage).await.unwrap();
    assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn the_retry_delay_of_a_rate_limit_is_honoured() {
    let stage = Stage::new().await;
    stage.fake.configure(|behaviour| {
        (behaviour.rate_limited, behaviour.retry_after) = (2, Some("3"));
    });
    let begun = tokio::time::Instant::now();
    assert!(is_created(create(&stage).await));
    assert!(begun.elapsed() >= Duration::from_secs(6));
    assert_eq!(stage.lines(), [CREATION; 3]);

    // Without a stated delay, the delay is a minute, which exceeds the deadline.
    let stage = Stage::new().await;
    stage.fake.configure(|behaviour| behaviour.rate_limited = 1);
    let error = error(create(&stage).await);
    assert_eq!(error.kind(), ProviderErrorKind::RateLimited);
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(error.retry(), RetryAdvice::After(Duration::from_mins(1)));
    assert_eq!(stage.lines(), [CREATION]);
}

#[tokio::test]
async fn the_test_mode_quota_is_not_retried() {
    let stage = Stage::new().await;
    stage
        .fake
        .configure(|behaviour| behaviour.quota_used_up = true);
    let error = error(create(&stage).await);
    assert_eq!(error.kind(), ProviderErrorKind::RateLimited);
    assert_eq!(error.retry(), RetryAdvice::Never);
    assert_eq!(error.effect(), Effect::Rejected);
    assert_eq!(error.gateway_code(), Some("RATE_LIMIT_EXCEEDED"));
    assert_eq!(stage.lines(), [CREATION, LOOKUP]);

    // The caller that created the last link of the quota still finds it.
    let stage = Stage::new().await;
    taken(&stage, |_| {}).await;
    stage
        .fake
        .configure(|behaviour| behaviour.quota_used_up = true);
    let again = create(&stage).await.unwrap();
    assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_creation_may_have_been_applied() {
    for fault in [WireFault::ResetAfter, WireFault::HangAfter] {
        let stage = Stage::new().await;
        stage.gateway.fault_next(fault.clone());
        stage.gateway.fault_where(|_| true, WireFault::ResetBefore);
        let error = error(create(&stage).await);
        assert_eq!(error.effect(), Effect::MaybeApplied, "{fault:?}");
        assert!(error.retry_after().is_some(), "{fault:?}");
        assert_eq!(stage.creations(), 1, "{fault:?}");
        // A later call with the same checkout resolves the result.
        stage.gateway.clear_faults();
        let again = create(&stage).await.unwrap();
        assert!(matches!(again, CreatedCheckout::Adopted(_)), "{again:?}");
        assert_eq!(stage.fake.count(REFERENCE), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_connection_means_nothing_was_sent() {
    let stage = Stage::new().await;
    stage.gateway.refuse_connections().await;
    let error = error(create(&stage).await);
    assert_eq!(error.kind(), ProviderErrorKind::Connection);
    assert_eq!(error.effect(), Effect::NotSent);
    stage.gateway.clear_faults();
    assert!(is_created(create(&stage).await));
}

#[tokio::test]
async fn wrong_credentials_are_reported() {
    for bare in [false, true] {
        let stage = Stage::with(config(), |settings| settings.with("key_secret", "wrong")).await;
        stage
            .fake
            .configure(|behaviour| behaviour.bare_error = bare);
        let error = error(create(&stage).await);
        assert_eq!(error.kind(), ProviderErrorKind::Authentication);
        assert_eq!(error.effect(), Effect::Rejected);
        assert_eq!(stage.lines(), [CREATION]);
    }
}

#[tokio::test]
async fn a_success_about_another_link_is_not_accepted() {
    type Change = fn(&str) -> String;
    let ours = Stage::new().await;
    ours.make().await;
    let body = |change: Change| {
        let answer = ours.fake.answer(
            &http::Request::get("/v1/payment_links?reference_id=inv-1")
                .header("authorization", authorization())
                .body(Bytes::new())
                .unwrap(),
        );
        let list = String::from_utf8(answer.into_body().to_vec()).unwrap();
        let link = list.trim_start_matches(r#"{"payment_links":["#);
        change(link.trim_end_matches("]}"))
    };
    let changes: [(Change, ProviderErrorKind); 4] = [
        (
            |link| link.replace("\"amount\":20012", "\"amount\":20013"),
            ProviderErrorKind::Conflict,
        ),
        (
            |link| link.replace("INR", "USD"),
            ProviderErrorKind::Conflict,
        ),
        (
            |link| link.replace("fingerprint", "other"),
            ProviderErrorKind::Conflict,
        ),
        (
            |link| link.replace("inv-1", "inv-2"),
            ProviderErrorKind::UnreadableAnswer,
        ),
    ];
    for (change, kind) in changes {
        let empty = || json(200, r#"{"payment_links":[]}"#);
        let answers = Script::new([json(200, body(change))]).with_fallback(move |_| {
            let answer = empty();
            async move { answer }
        });
        let gateway = WireGateway::start(answers).await.unwrap();
        let provider = connect_with(config(), &settings(&base_url(&gateway)));
        let outcome = provider.create_checkout(&prepared(&provider)).await;
        let error = error(outcome);
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.effect(), Effect::MaybeApplied);
    }
}

fn authorization() -> String {
    let pair = data_encoding::BASE64.encode(format!("{KEY_ID}:{KEY_SECRET}").as_bytes());
    format!("Basic {pair}")
}

#[tokio::test(start_paused = true)]
async fn redirects_are_never_followed() {
    let elsewhere = WireGateway::start(|_| async { json(200, "{}") })
        .await
        .unwrap();
    for status in [301, 302, 303, 307, 308] {
        let stage = Stage::new().await;
        let mut away = page_of_a_proxy(status);
        let address = elsewhere.address().to_string().parse().unwrap();
        away.headers_mut().insert("location", address);
        stage
            .gateway
            .fault_where(|_| true, WireFault::ReplaceBefore(away));
        let error = error(create(&stage).await);
        assert_eq!(error.effect(), Effect::MaybeApplied, "{status}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_checkout_of_another_environment_or_provider_is_not_sent() {
    let stage = Stage::new().await;
    let mut other = prepared(&stage.provider);
    other.environment = Environment::Production;
    let error = error(stage.provider.create_checkout(&other).await);
    assert_eq!(error.effect(), Effect::NotSent);
    assert!(error.violations().names("environment"));
    assert!(stage.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_operation_ends_by_its_deadline() {
    let config = config()
        .with_operation_deadline(Duration::from_secs(30))
        .with_retry(RetryTuning::new().with_max_attempts(20));
    let stage = Stage::with(config, |settings| settings).await;
    stage.gateway.fault_where(|_| true, WireFault::HangBefore);
    let begun = tokio::time::Instant::now();
    let error = error(create(&stage).await);
    assert!(begun.elapsed() <= Duration::from_secs(31));
    assert_eq!(error.effect(), Effect::MaybeApplied);
}

#[tokio::test]
async fn two_concurrent_creations_make_one_link() {
    let stage = Stage::new().await;
    let provider: &Arc<dyn PaymentProvider> = &stage.provider;
    let prepared = prepared(provider);
    let calls = (0..8).map(|_| provider.create_checkout(&prepared));
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(stage.fake.count(REFERENCE), 1);
}
