//! Reading of responses.

mod support;

use std::time::Duration;

use payment_provider_core::{Effect, ProviderErrorKind};
use payment_provider_http::json::Unreadable;
use payment_provider_http::{Deadline, MAX_RESPONSE_BYTES, Response};
use support::*;
use tokio::time::Instant;

/// The length of a body that has no blanks.
fn length(response: &Response) -> Result<usize, Unreadable> {
    if response.body.contains(&b' ') {
        return Err(Unreadable("body"));
    }
    Ok(response.body.len())
}

/// A response whose length is not announced.
fn chunked(status: u16, body: &str) -> Act {
    let length = body.len();
    Act::Say(
        format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n")
            .into_bytes(),
    )
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = Scripted::acts([]).await;
        let location = format!("location: http://{}/\r\n", other.address);
        let scripted = Scripted::acts([reply(status, &location, "")]).await;
        let gateway = scripted.gateway(Acme::default());
        let error = gateway
            .send(&create(), &gateway.retry_policy(deadline()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::UnreadableAnswer, "{status}");
        assert_eq!(error.effect, Effect::MaybeApplied, "{status}");
        // The dialect gave no meta: those of the response are there nevertheless.
        assert_eq!(error.meta.unwrap().status, status);
        assert!(other.seen().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_the_most() {
    let most = "x".repeat(MAX_RESPONSE_BYTES);
    let more = format!("{most}x");
    for act in [reply(200, "", &more), chunked(200, &more)] {
        let scripted = Scripted::acts([act]).await;
        let gateway = scripted.gateway(Acme::default());
        let error = gateway
            .read(&fetch(), deadline(), length)
            .await
            .unwrap_err();
        assert!(error.too_large);
        assert_eq!(error.kind, ProviderErrorKind::UnreadableAnswer);
        assert_eq!(error.meta.unwrap().status, 200);
        assert_eq!(scripted.seen().len(), 1, "it would be too large again");
    }
    for act in [reply(200, "", &most), chunked(200, &most)] {
        let scripted = Scripted::acts([act]).await;
        let gateway = scripted.gateway(Acme::default());
        let read = gateway.read(&fetch(), deadline(), length).await.unwrap();
        assert_eq!(read, MAX_RESPONSE_BYTES);
    }
}

#[tokio::test]
async fn the_status_of_no_success_counts_without_its_body() {
    let more = "x".repeat(MAX_RESPONSE_BYTES + 1);
    let half = b"HTTP/1.1 401 X\r\ncontent-length: 99\r\n\r\n{".to_vec();
    for act in [reply(401, "", &more), chunked(401, &more), Act::Say(half)] {
        let scripted = Scripted::acts([act]).await;
        let gateway = scripted.gateway(Acme::default());
        let error = gateway
            .send(&fetch(), &gateway.retry_policy(deadline()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Authentication);
        assert!(!error.too_large);
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_as_long_as_it_may_go_well() {
    let half = b"HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{".to_vec();
    for (act, requests) in [
        (Act::Say(Vec::new()), 2),
        (Act::Say(half), 2),
        (Act::Hang, 2),
        (reply(500, "", ""), 2),
        (reply(429, "", ""), 2),
        (reply(302, "", ""), 2),
        (reply(200, "", "{\"half"), 2),
        (reply(401, "", ""), 1),
        (reply(200, "", "{}"), 1),
    ] {
        let scripted = Scripted::acts([act.clone(), reply(200, "", "[1]")]).await;
        let gateway = scripted.gateway(Acme::default());
        let read = |response: &Response| {
            let good = response.body == "[1]";
            good.then_some(()).ok_or(Unreadable("list"))
        };
        let outcome = gateway.read(&fetch(), deadline(), read).await;
        assert_eq!(scripted.seen().len(), requests, "{act:?}");
        assert_eq!(outcome.is_ok(), requests == 2, "{act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_told_or_known_is_kept() {
    for (headers, dialect, expected) in [
        ("retry-after: 17\r\n", None, 17),
        ("retry-after: 1.5\r\n", None, 2),
        (
            "date: Sat, 21 Nov 2026 12:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 12:00:17 GMT\r\n",
            None,
            17,
        ),
        ("retry-after: soon\r\n", None, 60),
        ("", Some(Duration::from_secs(40)), 40),
        ("retry-after: 17\r\n", Some(Duration::from_secs(40)), 17),
    ] {
        let scripted = Scripted::acts([reply(429, headers, ""), reply(200, "", "")]).await;
        let gateway = scripted.gateway(Acme {
            wait: dialect,
            ..Acme::default()
        });
        let start = Instant::now();
        gateway.read(&fetch(), deadline(), length).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), expected, "{headers} {dialect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_outlasts_the_request_timeout_or_the_deadline() {
    for (allowed, expected) in [(60, 10), (3, 3)] {
        let scripted = Scripted::acts([Act::Hang]).await;
        let gateway = scripted.gateway(Acme::default());
        let start = Instant::now();
        let retry = gateway.retry_policy(Deadline::after(Duration::from_secs(allowed)));
        let error = gateway.send(&create(), &retry).await.unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Timeout);
        assert_eq!(error.effect, Effect::MaybeApplied);
        assert_eq!(start.elapsed().as_secs(), expected);
    }
}
