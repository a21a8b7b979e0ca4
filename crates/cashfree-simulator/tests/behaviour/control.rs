use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, SECRET, fast, instalment_link, link};

#[tokio::test]
async fn a_payment_is_made_and_seen_through_the_control_api() {
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
    let stamp = first["headers"]["x-webhook-timestamp"].as_str().unwrap();
    let body = first["body"].as_str().unwrap();
    assert_eq!(
        first["headers"]["x-webhook-signature"],
        cashfree_simulator::sign(SECRET, stamp, body.as_bytes())
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

/// Path, body, status, and the field the refusal names.
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
async fn each_bad_input_is_refused_by_its_name() {
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
async fn settings_change_in_part_or_not_at_all() {
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
async fn merchants_and_time_can_be_added() {
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
