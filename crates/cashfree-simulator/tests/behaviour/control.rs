use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, SECRET, fast, instalment_link, link};

#[tokio::test]
async fn the_control_api_makes_and_lists_payments() {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    let endpoint = format!(
        r#"{{"url":"{}","version":"2023-08-01","events":["PAYMENT_LINK_EVENT"]}}"#,
        receiver.url
    );
    let endpoint = gateway
        .control(Method::POST, "/endpoints", endpoint)
        .await
        .ok();
    assert_eq!(endpoint["endpoint"]["version"], "2023-08-01");
    gateway.create(instalment_link("c", "")).await.ok();
    let paid = gateway
        .control(
            Method::POST,
            "/links/c/pay",
            r#"{"amount":55.00,"method":"card"}"#,
        )
        .await
        .ok();
    assert_eq!(
        (&paid["payment"]["amount"], &paid["link"]["status"]),
        (&"55.00".into(), &"PARTIALLY_PAID".into())
    );
    gateway
        .control(Method::POST, "/links/c/fail", r#"{"reason":"no"}"#)
        .await
        .ok();
    gateway
        .control(Method::POST, "/links/c/drop", "")
        .await
        .ok();
    gateway
        .control(Method::POST, "/links/c/pay", r#"{"amount":"1.10"}"#)
        .await
        .ok();
    gateway
        .control(Method::POST, "/links/c/expire", "")
        .await
        .ok();
    gateway
        .control(Method::POST, "/links/c/pay", r#"{"late":true}"#)
        .await
        .ok();
    gateway.idle().await;

    let links = gateway.control(Method::GET, "/links", "").await.ok();
    let link = &links["links"][0];
    assert_eq!(
        (&link["status"], &link["amount"], &link["amount_paid"]),
        (&"PAID".into(), &"200.12".into(), &"200.12".into())
    );
    assert_eq!(link["orders"].as_array().unwrap().len(), 5);
    assert_eq!(link["orders"][1]["payments"][0]["status"], "FAILED");
    assert_eq!(
        gateway.control(Method::GET, "/links/c", "").await.ok()["link"]["link_id"],
        "c"
    );

    let deliveries = gateway.control(Method::GET, "/deliveries", "").await.ok();
    assert_eq!(deliveries["deliveries"].as_array().unwrap().len(), 4);
    let first = &deliveries["deliveries"][0];
    assert_eq!(
        (
            &first["event_type"],
            &first["state"],
            &first["attempts"][0]["status"]
        ),
        (
            &"PAYMENT_LINK_EVENT".into(),
            &"delivered".into(),
            &200.into()
        )
    );
    let timestamp = first["headers"]["x-webhook-timestamp"].as_str().unwrap();
    let body = first["body"].as_str().unwrap();
    assert_eq!(
        first["headers"]["x-webhook-signature"],
        cashfree_simulator::sign(SECRET, timestamp, body.as_bytes())
    );
    gateway
        .control(Method::POST, "/deliveries/1/resend", "")
        .await
        .ok();
    gateway.idle().await;
    assert_eq!(receiver.arrivals().len(), 5);
    assert_eq!(
        gateway
            .control(Method::DELETE, "/endpoints/1", "")
            .await
            .status,
        200
    );
    assert_eq!(
        gateway
            .control(Method::DELETE, "/endpoints/1", "")
            .await
            .status,
        404
    );
}

/// Path, body, status, and the field that the error names.
const BAD_INPUTS: &[(&str, &str, u16, &str)] = &[
    ("/links/none/pay", "", 404, "link_id"),
    ("/links/c/pay", r#"{"amount":"200.13"}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":"1"}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":0}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":-5}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":1e2}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":"1.001"}"#, 400, "amount"),
    ("/links/c/pay", r#"{"amount":{}}"#, 400, "amount"),
    ("/links/c/pay", r#"{"method":"gold"}"#, 400, "method"),
    ("/links/c/pay", r#"{"method":1}"#, 400, "method"),
    ("/links/c/pay", r#"{"late":"yes"}"#, 400, "late"),
    ("/links/c/pay", r#"{"reason":"x"}"#, 400, "reason"),
    ("/links/c/pay", r#"{"order_id":"none"}"#, 404, "order_id"),
    ("/links/c/pay", r#"{"merchant":"none"}"#, 404, "merchant"),
    ("/links/c/fail", r#"{"reason":1}"#, 400, "reason"),
    ("/links/c/expire", r#"{"when":"now"}"#, 400, "when"),
    ("/endpoints", "{}", 400, "url"),
    ("/endpoints", r#"{"url":"nowhere"}"#, 400, "url"),
    ("/endpoints", r#"{"url":"file:///etc/passwd"}"#, 400, "url"),
    (
        "/endpoints",
        r#"{"url":"http://a/","version":"2020-01-01"}"#,
        400,
        "version",
    ),
    (
        "/endpoints",
        r#"{"url":"http://a/","events":["NOTHING"]}"#,
        400,
        "events",
    ),
    (
        "/endpoints",
        r#"{"url":"http://a/","events":[]}"#,
        400,
        "events",
    ),
    (
        "/endpoints",
        r#"{"url":"http://a/","merchant":"none"}"#,
        404,
        "merchant",
    ),
    ("/endpoints/x/nothing", "", 404, ""),
    ("/deliveries/x/resend", "", 400, "id"),
    ("/deliveries/7/resend", "", 404, "id"),
    ("/settings", r#"{"speed":1}"#, 400, "speed"),
    (
        "/settings",
        r#"{"webhooks":{"lose":true}}"#,
        400,
        "webhooks.lose",
    ),
    (
        "/settings",
        r#"{"webhooks":{"drop":1}}"#,
        400,
        "webhooks.drop",
    ),
    ("/settings", r#"{"webhooks":true}"#, 400, "webhooks"),
    ("/settings", r#"{"retry_scale":-1}"#, 400, "retry_scale"),
    ("/settings", r#"{"retry_scale":1e300}"#, 400, "retry_scale"),
    (
        "/settings",
        r#"{"retry_delays_seconds":[1,2,3,4,5,6,7,8,9,10,11]}"#,
        400,
        "retry_delays_seconds",
    ),
    (
        "/settings",
        r#"{"duplicate_link_status":200}"#,
        400,
        "duplicate_link_status",
    ),
    (
        "/settings",
        r#"{"not_found_status":99999}"#,
        400,
        "not_found_status",
    ),
    (
        "/settings",
        r#"{"read_after_write_lag_ms":-1}"#,
        400,
        "read_after_write_lag_ms",
    ),
    (
        "/settings",
        r#"{"notify_url_version":"x"}"#,
        400,
        "notify_url_version",
    ),
    (
        "/settings",
        r#"{"faults":{"nothing":"delay"}}"#,
        400,
        "faults.nothing",
    ),
    (
        "/settings",
        r#"{"faults":{"fetch_link":"explode"}}"#,
        400,
        "faults.fetch_link",
    ),
    ("/faults", "{}", 400, "operation"),
    ("/faults", r#"{"operation":"fetch_link"}"#, 400, "fault"),
    (
        "/faults",
        r#"{"operation":"fetch_link","fault":"explode"}"#,
        400,
        "fault",
    ),
    (
        "/faults",
        r#"{"operation":"fetch_link","fault":"delay","times":0}"#,
        400,
        "times",
    ),
    (
        "/faults",
        r#"{"operation":"fetch_link","fault":"delay","delay_ms":99999999}"#,
        400,
        "delay_ms",
    ),
    (
        "/merchants",
        r#"{"client_secrets":["x"]}"#,
        400,
        "client_id",
    ),
    (
        "/merchants",
        r#"{"client_id":"a b","client_secrets":["x"]}"#,
        400,
        "client_id",
    ),
    (
        "/merchants",
        r#"{"client_id":"a","client_secrets":[]}"#,
        400,
        "client_secrets",
    ),
    (
        "/merchants",
        r#"{"client_id":"a","client_secrets":"x"}"#,
        400,
        "client_secrets",
    ),
    ("/clock", "{}", 400, "advance_seconds"),
    (
        "/clock",
        r#"{"advance_seconds":18446744073709551615}"#,
        400,
        "advance_seconds",
    ),
    ("/links/c/pay", "[", 400, ""),
    ("/links/c/pay", "[]", 400, ""),
    ("/nothing", "", 404, ""),
    ("/links", "", 405, ""),
    ("/links/%ff/pay", "", 400, ""),
];

#[tokio::test]
async fn invalid_inputs_are_refused_by_field() {
    let gateway = Gateway::start().await;
    gateway.create(link("c", "")).await.ok();
    for (path, body, status, field) in BAD_INPUTS {
        let refused = gateway.control(Method::POST, path, *body).await;
        assert_eq!(refused.status, *status, "{path} {body}: {}", refused.text);
        let json = refused.json();
        assert_eq!(
            json["field"].as_str().unwrap_or_default(),
            *field,
            "{path} {body}"
        );
        assert!(json["message"].as_str().unwrap().contains(field) && json["code"].is_string());
    }
    assert!(gateway.simulator().link("c").unwrap().orders.is_empty());
}

#[tokio::test]
async fn settings_change_partially_or_not_at_all() {
    let gateway = Gateway::start().await;
    let before = gateway.control(Method::GET, "/settings", "").await;
    assert_eq!(before.ok()["duplicate_link_status"], 409);
    assert!(
        before.text.contains(r#""retry_scale":1,"#),
        "{}",
        before.text
    );
    let refused = gateway
        .control(
            Method::POST,
            "/settings",
            r#"{"fail_payments":true,"speed":1}"#,
        )
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        gateway.control(Method::GET, "/settings", "").await.text,
        before.text
    );
    let change = r#"{"webhooks":{"duplicate":true},"retry_scale":0.001,"fail_payments":true,"notify_url_version":"2023-08-01"}"#;
    let after = gateway.control(Method::POST, "/settings", change).await;
    assert!(after.text.contains(r#""retry_scale":0.001,"#));
    assert_eq!(after.ok()["webhooks"]["duplicate"], true);
    assert_eq!(after.ok()["webhooks"]["drop"], false);
    gateway.create(link("f", "")).await.ok();
    let failed = gateway.control(Method::POST, "/links/f/pay", "").await.ok();
    assert_eq!(failed["payment"]["status"], "FAILED");
    let whole = gateway
        .control(Method::POST, "/settings", before.text.clone())
        .await;
    assert_eq!(
        whole.status, 200,
        "what is read can be written back: {}",
        whole.text
    );
}

#[tokio::test]
async fn merchants_can_be_added_and_the_clock_advanced() {
    let gateway = Gateway::start().await;
    let added = gateway
        .control(
            Method::POST,
            "/merchants",
            r#"{"client_id":"new","client_secrets":["s1","s2"],"name":"New"}"#,
        )
        .await;
    assert_eq!(added.ok()["merchant"]["secrets"], 2);
    assert!(!added.text.contains("s1"));
    let url = format!("{}/links/x", gateway.running.api_base_url());
    let request = gateway
        .http
        .get(url)
        .header("x-client-id", "new")
        .header("x-client-secret", "s2")
        .header("x-api-version", "2025-01-01");
    assert_eq!(gateway.send(request).await.unwrap().status, 404);
    gateway.create(link("t", "")).await.ok();
    let before = gateway.control(Method::GET, "/clock", "").await.ok();
    let after = gateway
        .control(Method::POST, "/clock", r#"{"advance_seconds":2592000}"#)
        .await
        .ok();
    assert!(after["now"].as_str() > before["now"].as_str());
    assert_eq!(
        gateway.get("/links/t").await.ok()["link_status"],
        Value::from("EXPIRED")
    );
}

#[tokio::test]
async fn the_simulator_works_at_the_end_of_its_time() {
    let gateway = Gateway::start().await;
    let latest = r#""link_expiry_time":"9999-12-30T00:00:00Z""#;
    gateway.create(link("latest", latest)).await.ok();
    let century = r#"{"advance_seconds":3153600000}"#;
    let mut last = Value::Null;
    let refused = loop {
        let reply = gateway.control(Method::POST, "/clock", century).await;
        if reply.status != 200 {
            break reply;
        }
        last = reply.json()["now"].clone();
    };
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["field"], "advance_seconds");
    assert!(last.as_str().unwrap().starts_with("89"), "{last}");
    let end = gateway.simulator().advance_clock(std::time::Duration::MAX);
    assert_eq!(end.to_string(), "9000-01-01T00:00:00Z");
    gateway.create(link("new", "")).await.ok();
    gateway
        .control(Method::POST, "/links/latest/pay", "")
        .await
        .ok();
    let links = gateway.control(Method::GET, "/links", "").await.ok();
    assert_eq!(links["links"].as_array().unwrap().len(), 2);
    let now = gateway.control(Method::GET, "/clock", "").await.ok();
    assert_eq!(now["now"], "9000-01-01T00:00:00Z");
}

#[tokio::test]
async fn any_clock_reading_is_accepted() {
    for reading in [jiff::Timestamp::MAX, jiff::Timestamp::MIN] {
        let clock = std::sync::Arc::new(cashfree_simulator::ManualClock::new(reading));
        let config = cashfree_simulator::SimulatorConfig::new().with_clock(clock);
        let gateway = Gateway::with(config).await;
        gateway.create(link("c", "")).await.ok();
        gateway.control(Method::POST, "/links/c/pay", "").await.ok();
    }
}

#[tokio::test]
async fn requests_from_other_sites_are_refused() {
    let gateway = Gateway::start().await;
    gateway.create(link("c", "")).await.ok();
    let url = format!("{}/_simulator/links/c/pay", gateway.running.url());
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "127.0.0.1.evil.example:3001"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for method in [Method::GET, Method::POST] {
            let request = gateway.http.request(method, &url).header(name, value);
            let refused = gateway.send(request).await.unwrap();
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (403, "foreign_host"),
                "{name}: {value}"
            );
        }
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let request = gateway.http.post(&url).header("content-type", kind);
        let refused = gateway.send(request.body("{}")).await.unwrap();
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (415, "not_json"),
            "{kind}"
        );
    }
    let link = gateway.simulator().link("c").unwrap();
    assert!(link.orders.is_empty());
    // A page of this machine and a program that sends no such header are accepted.
    let own = gateway
        .http
        .post(&url)
        .header("origin", "http://localhost:5173");
    gateway.send(own).await.unwrap().ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_changes_of_settings_are_all_kept() {
    let gateway = Gateway::start().await;
    for round in 0..20 {
        let wanted = round % 2 == 0;
        let flags = [
            "fail_payments",
            "paid_with_null_order",
            "enforce_rate_limit",
            "link_id_allows_dots",
        ];
        let changes = flags.map(|flag| {
            gateway.control(
                Method::POST,
                "/settings",
                format!(r#"{{"{flag}":{wanted},"rate_limit_per_minute":100000}}"#),
            )
        });
        for change in futures_util::future::join_all(changes).await {
            change.ok();
        }
        let now = gateway.control(Method::GET, "/settings", "").await.ok();
        for flag in flags {
            assert_eq!(now[flag], wanted, "{flag}");
        }
    }
}

#[tokio::test]
async fn deliveries_can_be_cleared_and_numbers_are_not_reused() {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    let endpoint = cashfree_simulator::Endpoint::new(&receiver.url);
    gateway.simulator().add_endpoint(endpoint).unwrap();
    gateway.create(link("a", "")).await.ok();
    gateway.cancel("a").await.ok();
    gateway.idle().await;
    let forgotten = gateway.control(Method::DELETE, "/deliveries", "").await;
    assert_eq!(forgotten.ok()["forgotten"], 1);
    assert_eq!(
        gateway
            .control(Method::POST, "/deliveries/1/resend", "")
            .await
            .status,
        404
    );
    gateway.create(link("b", "")).await.ok();
    gateway.cancel("b").await.ok();
    gateway.idle().await;
    let deliveries = gateway.control(Method::GET, "/deliveries", "").await.ok();
    assert_eq!(deliveries["deliveries"][0]["id"], 2);
    gateway
        .control(Method::POST, "/deliveries/2/resend", "")
        .await
        .ok();
    gateway.idle().await;
    assert_eq!(receiver.arrivals().len(), 3);
}
