//! The response to a gateway, for every outcome of a delivery.

mod fixture;
mod log;
mod slow_bodies;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use payment_provider_axum::MAX_BODY_BYTES;
use test_support::in_time;

use fixture::{Answer, Edge, KEY, OTHER_KEY, post};

const GOOD: &str = "/webhooks/mock/org?code=main";

#[tokio::test]
async fn a_verified_delivery_is_stored_and_answered_200_without_a_body() {
    let edge = Edge::new().await;
    let answer = edge.send(post(GOOD, "genuine")).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(edge.stored().await, ["pending x1"]);
}

#[tokio::test]
async fn what_nobody_needs_to_send_again_is_answered_200() {
    let edge = Edge::new().await;
    for body in ["genuine", "genuine", "ping", "unrecognised", "stale"] {
        assert_eq!(
            edge.send(post(GOOD, body)).await.status,
            StatusCode::OK,
            "{body}"
        );
    }
    let stored = edge.stored().await;
    assert_eq!(
        stored,
        ["pending x2", "ignored x1", "ignored x1", "pending x1"]
    );
}

#[tokio::test]
async fn the_gateway_gets_the_answer_it_wants() {
    let edge = Edge::new().await;
    let answer = edge.send(post(GOOD, "wants a reply")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/plain");
    assert_eq!(answer.body, "[accepted]");
}

#[tokio::test]
async fn a_bad_signature_is_401_and_nothing_is_stored() {
    let edge = Edge::new().await;
    let answer = edge.send(post(GOOD, "forged")).await;
    answer.is_problem(StatusCode::UNAUTHORIZED, "the signature does not match");
    assert_eq!(edge.stored().await, [""; 0]);
}

#[tokio::test]
async fn an_address_of_no_connection_is_404() {
    let edge = Edge::new().await;
    for address in [
        "/webhooks/mock/org?code=other",
        "/webhooks/mock/other?code=main",
        "/webhooks/another/org?code=main",
    ] {
        let answer = edge.send(post(address, "genuine")).await;
        answer.is_problem(StatusCode::NOT_FOUND, "there is no such connection");
    }
    for (address, detail) in [
        (
            "/webhooks/mock/org",
            "the query parameter `code` is missing",
        ),
        (
            "/webhooks/mock/org?code=main&code=main",
            "the query parameter `code` must be there once",
        ),
        (
            "/webhooks/mock/org?code=ma%20in",
            "connection code must be 1 to 128 of `A-Z a-z 0-9 _ . -`, and neither `.` nor `..`",
        ),
        (
            "/webhooks/mock/o%2Frg?code=main",
            "organization id must be 1 to 128 of `A-Z a-z 0-9 _ . -`, and neither `.` nor `..`",
        ),
        (
            "/webhooks/Mock/org?code=main",
            "provider id must be 1 to 64 of `a-z 0-9 _ -`, starting with a letter",
        ),
        ("/webhooks/mock/%FF?code=main", "the address is not text"),
    ] {
        let answer = edge.send(post(address, "genuine")).await;
        answer.is_problem(StatusCode::NOT_FOUND, detail);
    }
    assert_eq!(edge.stored().await, [""; 0]);
}

#[tokio::test]
async fn other_methods_are_405_and_are_told_the_right_one() {
    let edge = Edge::new().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let request = Request::builder().method(&method).uri(GOOD);
        let answer = edge
            .send(request.body(Body::from("genuine")).unwrap())
            .await;
        answer.is_problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "webhooks are taken with POST only",
        );
        assert_eq!(answer.header(header::ALLOW), "POST", "{method}");
    }
}

#[tokio::test]
async fn a_body_of_1_mib_is_read_and_one_byte_more_is_413() {
    let edge = Edge::new().await;
    let most = vec![b'x'; MAX_BODY_BYTES];
    assert_eq!(
        edge.send(post(GOOD, most.clone())).await.status,
        StatusCode::OK
    );
    assert_eq!(edge.seen().last().unwrap().body.len(), MAX_BODY_BYTES);

    let mut above = most;
    above.push(b'x');
    let detail = "the body is larger than 1 MiB";
    let answer = edge.send(post(GOOD, above.clone())).await;
    answer.is_problem(StatusCode::PAYLOAD_TOO_LARGE, detail);
    // The size announced is enough to refuse, and a body that announces none is counted.
    let announced = Request::post(GOOD).header(header::CONTENT_LENGTH, above.len());
    let answer = edge.send(announced.body(Body::empty()).unwrap()).await;
    answer.is_problem(StatusCode::PAYLOAD_TOO_LARGE, detail);
    assert_eq!(edge.seen().len(), 1);
}

#[tokio::test]
async fn a_slash_after_the_organization_makes_no_difference() {
    let edge = Edge::new().await;
    let slash = GOOD.replace('?', "/?");
    let answer = edge.send(post(&slash, "genuine")).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(edge.stored().await, ["pending x1"]);
    let seen = edge.seen().pop().unwrap();
    let url = "https://billing.example/base/webhooks/mock/org/?code=main";
    assert_eq!(seen.url.as_str(), url);
    let answer = edge.send(post(&slash, "forged")).await;
    answer.is_problem(StatusCode::UNAUTHORIZED, "the signature does not match");
    let answer = edge
        .send(post("/webhooks/mock/other/?code=main", "genuine"))
        .await;
    answer.is_problem(StatusCode::NOT_FOUND, "there is no such connection");
    let request = Request::get(&slash).body(Body::empty()).unwrap();
    let answer = edge.send(request).await;
    let detail = "webhooks are taken with POST only";
    answer.is_problem(StatusCode::METHOD_NOT_ALLOWED, detail);
}

#[tokio::test]
async fn the_provider_sees_the_delivery_as_it_was_sent() {
    let edge = Edge::new().await;
    let body: &[u8] = b"\r\n {\"a\" :\t1.50,\"a\":2}\x00\xff\xfe \n\n";
    let request = Request::post("/webhooks/mock/org?x=%20%2b&code=main")
        .header("x-signature", "one")
        .header("x-signature", "two")
        .header("content-type", "text/nonsense")
        .body(Body::from(body))
        .unwrap();
    assert_eq!(edge.send(request).await.status, StatusCode::OK);
    let seen = edge.seen().pop().unwrap();
    assert_eq!(seen.body, Bytes::from_static(body));
    assert_eq!(seen.method, Method::POST);
    let url = "https://billing.example/base/webhooks/mock/org?x=%20%2b&code=main";
    assert_eq!(seen.url.as_str(), url);
    assert_eq!(seen.headers.get_all("x-signature").iter().count(), 2);
    assert_eq!(seen.headers["content-type"], "text/nonsense");
    assert_eq!(seen.received_at, fixture::NOW);
}

#[tokio::test]
async fn a_nested_route_still_knows_its_public_address() {
    let edge = Edge::new().await;
    let answer = edge
        .send_nested(
            "/base",
            post("/base/webhooks/mock/org?code=main", "genuine"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let url = "https://billing.example/base/webhooks/mock/org?code=main";
    assert_eq!(edge.seen().pop().unwrap().url.as_str(), url);
}

#[tokio::test]
async fn routes_of_a_host_without_a_public_address_are_told_theirs() {
    let edge = Edge::on_loopback().await;
    let answer = edge
        .send(post("/webhooks/mock/org?code=main", "genuine"))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let url = "http://127.0.0.1:3000/webhooks/mock/org?code=main";
    assert_eq!(edge.seen().pop().unwrap().url.as_str(), url);
}

#[tokio::test]
async fn what_may_work_later_is_503_with_the_time_to_wait() {
    let is_later = |answer: &Answer, detail, seconds: &str| {
        answer.is_problem(StatusCode::SERVICE_UNAVAILABLE, detail);
        assert_eq!(answer.header(header::RETRY_AFTER), seconds);
    };
    let edge = Edge::new().await;

    let unverifiable = "the delivery cannot be verified now; send it again";
    is_later(
        &edge.send(post(GOOD, "gateway down")).await,
        unverifiable,
        "7",
    );

    let unusable = "the connection cannot be used now; send it again";
    let other_key = edge.with_host(OTHER_KEY, true).await;
    is_later(&other_key.send(post(GOOD, "genuine")).await, unusable, "30");
    let not_registered = edge.with_host(KEY, false).await;
    is_later(
        &not_registered.send(post(GOOD, "genuine")).await,
        unusable,
        "30",
    );

    edge.store.close().await;
    let down = "the delivery cannot be stored now; send it again";
    is_later(&edge.send(post(GOOD, "genuine")).await, down, "30");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let edge = Edge::new().await;
    let answer = edge.send(post(GOOD, fixture::broken_body())).await;
    answer.is_problem(
        StatusCode::BAD_REQUEST,
        "the body could not be read to its end",
    );
    assert_eq!(edge.seen().len(), 0);
}

#[tokio::test]
async fn each_delivery_is_one_log_event_without_headers_and_body() {
    let edge = Edge::new().await;
    let log = log::capture();
    for (address, body) in [
        (GOOD, "genuine"),
        (GOOD, "genuine"),
        (GOOD, "forged"),
        (GOOD, "gateway down"),
        ("/webhooks/mock/org?code=canary%20code", "genuine"),
    ] {
        let mut request = post(address, body);
        request
            .headers_mut()
            .insert("x-signature", "canary".parse().unwrap());
        edge.send(request).await;
    }
    edge.store.close().await;
    edge.send(post(GOOD, "genuine")).await;

    let lines = log.lines("webhook delivery");
    let outcomes = [
        "INFO outcome=\"stored\" status=200",
        "INFO outcome=\"duplicate\" status=200",
        "WARN outcome=\"invalid_signature\" status=401",
        "ERROR outcome=\"unverifiable\" status=503",
        "WARN outcome=\"malformed_address\" status=404",
        "ERROR outcome=\"store_failed\" status=503",
    ];
    assert_eq!(lines.len(), outcomes.len(), "{lines:#?}");
    for (line, outcome) in lines.iter().zip(outcomes) {
        for part in outcome.split(' ') {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    assert!(lines[0].contains("provider=\"mock\""), "{}", lines[0]);
    assert!(
        lines[0].contains("organization=\"org\" connection=\"main\" body_bytes=7"),
        "{}",
        lines[0]
    );
    let all = log.text();
    for secret in ["canary", "genuine", "forged"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn the_number_of_events_left_out_is_logged_a_minute_later_or_at_the_end() {
    let edge = Edge::new().await;
    let log = log::capture();
    let left_out = || log.lines("webhook deliveries left out of the log");
    for _ in 0..3 {
        edge.send(post(GOOD, "forged")).await;
    }
    edge.send(post(GOOD, "genuine")).await;
    assert_eq!(left_out(), [""; 0]);
    edge.advance(60);
    edge.send(post(GOOD, "genuine")).await;
    let after_a_minute = left_out();
    let [line] = &after_a_minute[..] else {
        panic!("{after_a_minute:#?}");
    };
    for part in [
        "left_out=2",
        "outcome=\"invalid_signature\"",
        "organization=\"org\" connection=\"main\"",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    for _ in 0..2 {
        edge.send(post(GOOD, "forged")).await;
    }
    drop(edge);
    let at_the_end = left_out();
    assert_eq!(at_the_end.len(), 2, "{at_the_end:#?}");
    assert!(at_the_end[1].contains("left_out=1"), "{}", at_the_end[1]);
}

#[tokio::test]
async fn deliveries_at_the_same_moment_are_each_answered() {
    let edge = Edge::new().await;
    let sends = (0..20).map(|number| edge.send(post(GOOD, format!("genuine {}", number % 10))));
    let answers = in_time("all are answered", futures_util::future::join_all(sends));
    for answer in answers.await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(edge.stored().await, ["pending x2"; 10]);
}
