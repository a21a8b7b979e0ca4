use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{ManualClock, SimulatorConfig};
use reqwest::Method;

use crate::gateway::{CLIENT, Gateway, SECRET, link};

#[tokio::test]
async fn calls_without_the_right_credentials_are_refused() {
    let gateway = Gateway::start().await;
    let url = format!("{}/links/x", gateway.running.api_base_url());
    for (client, secret) in [
        (None, None),
        (Some(CLIENT), None),
        (None, Some(SECRET)),
        (Some(CLIENT), Some("wrong")),
        (Some("x"), Some(SECRET)),
        (Some(CLIENT), Some("")),
    ] {
        let mut request = gateway.http.get(&url).header("x-api-version", "2025-01-01");
        if let Some(client) = client {
            request = request.header("x-client-id", client);
        }
        if let Some(secret) = secret {
            request = request.header("x-client-secret", secret);
        }
        let refused = gateway.send(request).await.unwrap();
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "request_failed")
        );
        assert_eq!(refused.json()["type"], "authentication_error");
        assert_eq!(refused.json()["message"], "authentication Failed");
    }
}

#[tokio::test]
async fn a_known_version_is_required() {
    let gateway = Gateway::start().await;
    let call = |version: Option<&str>| {
        let url = format!("{}/links/x", gateway.running.api_base_url());
        let request = gateway
            .http
            .get(url)
            .header("x-client-id", CLIENT)
            .header("x-client-secret", SECRET);
        gateway.send(match version {
            Some(version) => request.header("x-api-version", version),
            None => request,
        })
    };
    assert_eq!(call(None).await.unwrap().code(), "version_missing");
    for version in ["2024-01-01", "v3", "2025-01-01 ,", "latest"] {
        let refused = call(Some(version)).await.unwrap();
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "version_invalid"),
            "{version}"
        );
    }
    for version in [
        "2021-05-21",
        "2022-01-01",
        "2022-09-01",
        "2023-08-01",
        "2025-01-01",
        "2026-01-01",
    ] {
        let reply = call(Some(version)).await.unwrap();
        assert_eq!(
            (reply.code().as_str(), reply.header("x-api-version")),
            ("link_get_not_found", version)
        );
    }
}

#[tokio::test]
async fn responses_have_the_documented_headers() {
    let gateway = Gateway::start().await;
    let request = gateway
        .request(Method::GET, "/links/x")
        .header("x-request-id", "req-7");
    let reply = gateway.send(request).await.unwrap();
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("x-request-id"), "req-7");
    assert_eq!(reply.header("x-ratelimit-limit"), "1000");
    assert_eq!(reply.header("x-ratelimit-remaining"), "999");
    assert_eq!(reply.header("x-ratelimit-retry"), "0");
    assert_eq!(reply.header("x-ratelimit-type"), "app_id");
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-idempotency-replayed"), "(absent)");
    assert_eq!(gateway.get("/links/x").await.header("x-request-id"), "");
}

#[tokio::test]
async fn unknown_paths_and_methods_get_json_errors() {
    let gateway = Gateway::start().await;
    for (method, path, status) in [
        (Method::GET, "", 400),
        (Method::GET, "/", 400),
        (Method::GET, "/nothing", 400),
        (Method::GET, "/links/a/b/c", 400),
        (Method::GET, "//links/a", 400),
        (Method::GET, "/links//a", 400),
        (Method::GET, "/links/%FF", 404),
        (Method::GET, "/links", 405),
        (Method::DELETE, "/links/a", 405),
        (Method::GET, "/links/a/cancel", 405),
        (Method::GET, "/links/a/orders?status=NONE", 400),
    ] {
        let reply = gateway.send(gateway.request(method, path)).await.unwrap();
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.code().is_empty());
    }
    let outside = gateway
        .send(
            gateway
                .http
                .get(format!("{}/elsewhere", gateway.running.url())),
        )
        .await
        .unwrap();
    assert_eq!(
        (outside.status, outside.code().as_str()),
        (404, "request_failed")
    );
}

#[tokio::test]
async fn an_empty_path_segment_is_refused() {
    let gateway = Gateway::start().await;
    let refused = gateway.post("//links", link("a", "")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "request_failed")
    );
    assert_eq!(
        refused.json()["message"],
        "bad URL, please check API documentation"
    );
    assert!(gateway.simulator().links().is_empty());
    let setting = r#"{"unknown_address_status":404}"#;
    gateway
        .control(Method::POST, "/settings", setting)
        .await
        .ok();
    assert_eq!(gateway.post("//links", link("a", "")).await.status, 404);
}

#[tokio::test]
async fn a_body_requires_the_json_content_type() {
    let gateway = Gateway::start().await;
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let request = gateway.untyped_request(Method::POST, "/links");
        let mut request = request.body(link("a", ""));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let refused = gateway.send(request).await.unwrap();
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "request_failed"),
            "{kind:?}"
        );
    }
    assert!(gateway.simulator().links().is_empty());
    gateway.create(link("a", "")).await.ok();
    let cancel = gateway.untyped_request(Method::POST, "/links/a/cancel");
    gateway.send(cancel).await.unwrap().ok();
}

#[tokio::test]
async fn an_enforced_rate_limit_uses_a_sliding_window() {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = Gateway::with(SimulatorConfig::new().with_clock(clock.clone())).await;
    gateway.simulator().update_settings(|settings| {
        settings.rate_limit_per_minute = 2;
        settings.enforce_rate_limit = true;
    });
    assert_eq!(
        gateway
            .get("/links/x")
            .await
            .header("x-ratelimit-remaining"),
        "1"
    );
    clock.advance(Duration::from_secs(20));
    gateway.get("/links/x").await;
    let refused = gateway.get("/links/x").await;
    assert_eq!(
        (refused.status, refused.header("x-ratelimit-retry")),
        (429, "40")
    );
    assert_eq!(refused.json()["type"], "rate_limit_error");
    assert_eq!(
        gateway.create(link("other-operation", "")).await.status,
        200
    );
    clock.advance(Duration::from_secs(40));
    assert_eq!(gateway.get("/links/x").await.status, 404);
}

#[tokio::test]
async fn published_rate_limits_apply_unless_disabled() {
    let gateway = Gateway::start().await;
    let mut seen = Vec::new();
    for published in [true, false] {
        gateway
            .simulator()
            .update_settings(|settings| settings.published_rate_limits = published);
        for path in [
            "/links/x",
            "/orders/x",
            "/orders/x/payments",
            "/orders/x/payments/1",
            "/orders/x/refunds/1",
            "/orders/x/settlements",
        ] {
            let limit = gateway
                .get(path)
                .await
                .header("x-ratelimit-limit")
                .to_owned();
            seen.push(limit);
        }
    }
    let published = ["1000", "400", "100", "130", "30", "30"];
    assert_eq!(seen[..6], published);
    assert_eq!(seen[6..], ["1000"; 6]);
}

#[tokio::test]
async fn a_new_link_can_be_hidden_by_read_after_write_lag() {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = Gateway::with(SimulatorConfig::new().with_clock(clock.clone())).await;
    gateway
        .simulator()
        .update_settings(|settings| settings.read_after_write_lag_ms = 500);
    gateway.create(link("lag", "")).await.ok();
    assert_eq!(gateway.get("/links/lag").await.code(), "link_get_not_found");
    assert_eq!(gateway.create(link("lag", "")).await.status, 409);
    clock.advance(Duration::from_millis(500));
    gateway.get("/links/lag").await.ok();
}
