use cashfree_simulator::{ApiFault, ApiFaultRule, ApiOperation};
use reqwest::Method;

use crate::gateway::{Gateway, Reply, link};

async fn create(gateway: &Gateway, key: &str, body: &str) -> Reply {
    let request = gateway
        .request(Method::POST, "/links")
        .header("x-idempotency-key", key)
        .body(body.to_owned());
    gateway.send(request).await.unwrap()
}

#[tokio::test]
async fn a_repeated_key_gets_the_first_response() {
    let gateway = Gateway::start().await;
    let first = create(&gateway, "k1", &link("a", "")).await;
    assert_eq!(
        (
            first.status,
            first.header("x-idempotency-key"),
            first.header("x-idempotency-replayed")
        ),
        (200, "k1", "false")
    );
    gateway.cancel("a").await.ok();
    let again = create(&gateway, "k1", &link("a", "")).await;
    assert_eq!(
        (again.status, again.header("x-idempotency-replayed")),
        (200, "true")
    );
    assert_eq!(again.text, first.text);
    assert_eq!(gateway.simulator().links().len(), 1);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let gateway = Gateway::start().await;
    create(&gateway, "k1", &link("a", "")).await.ok();
    let refused = create(&gateway, "k1", &link("b", "")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "request_invalid")
    );
    assert_eq!(refused.json()["type"], "idempotency_error");
    assert_eq!(gateway.simulator().links().len(), 1);
}

#[tokio::test]
async fn error_responses_are_stored_too() {
    let gateway = Gateway::start().await;
    let bad = link("a", "").replace("200.12", "0");
    assert_eq!(create(&gateway, "k", &bad).await.status, 400);
    let again = create(&gateway, "k", &bad).await;
    assert_eq!(
        (again.status, again.header("x-idempotency-replayed")),
        (400, "true")
    );
    assert_eq!(create(&gateway, "k", &link("a", "")).await.status, 422);
}

#[tokio::test]
async fn a_stored_500_repeats_until_the_key_changes() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(ApiFaultRule::once(
        ApiOperation::CreateLink,
        ApiFault::Error500Stored,
    ));
    for replayed in ["false", "true", "true"] {
        let failed = create(&gateway, "k", &link("a", "")).await;
        assert_eq!(
            (failed.status, failed.header("x-idempotency-replayed")),
            (500, replayed)
        );
        assert_eq!(failed.json()["type"], "api_error");
    }
    assert_eq!(gateway.get("/links/a").await.status, 404);
    create(&gateway, "k2", &link("a", "")).await.ok();
}

#[tokio::test]
async fn keys_are_scoped_to_one_path_and_ignored_on_reads() {
    let gateway = Gateway::start().await;
    create(&gateway, "k", &link("a", "")).await.ok();
    create(&gateway, "other", &link("b", "")).await.ok();
    for id in ["a", "b"] {
        let cancel = gateway
            .request(Method::POST, &format!("/links/{id}/cancel"))
            .header("x-idempotency-key", "k");
        let reply = gateway.send(cancel).await.unwrap();
        assert_eq!(
            (
                reply.ok()["link_status"].as_str(),
                reply.header("x-idempotency-replayed")
            ),
            (Some("CANCELLED"), "false")
        );
    }
    let read = gateway
        .request(Method::GET, "/links/a")
        .header("x-idempotency-key", "k");
    let read = gateway.send(read).await.unwrap();
    assert_eq!(
        (
            read.ok()["link_status"].as_str(),
            read.header("x-idempotency-replayed")
        ),
        (Some("CANCELLED"), "false")
    );
}

#[tokio::test]
async fn a_rate_limited_request_is_not_stored() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(ApiFaultRule::once(
        ApiOperation::CreateLink,
        ApiFault::RateLimited,
    ));
    assert_eq!(create(&gateway, "k", &link("a", "")).await.status, 429);
    assert_eq!(create(&gateway, "k", &link("a", "")).await.status, 200);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_create_one_link() {
    let gateway = Gateway::start().await;
    let body = link("race", "");
    let replies = tokio::join!(
        create(&gateway, "k", &body),
        create(&gateway, "k", &body),
        create(&gateway, "k", &body),
        create(&gateway, "k", &body)
    );
    let texts = [replies.0, replies.1, replies.2, replies.3].map(|reply| reply.text);
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert_eq!(gateway.simulator().links().len(), 1);
}
