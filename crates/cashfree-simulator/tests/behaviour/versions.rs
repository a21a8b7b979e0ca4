use cashfree_simulator::PaymentAttempt;
use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, link};

#[tokio::test]
async fn identifiers_and_fields_follow_the_api_version() {
    let gateway = Gateway::start().await;
    gateway
        .create(link("v", r#""link_meta":{"upi_intent":true}"#))
        .await
        .ok();
    let payment = gateway.simulator().pay("v", PaymentAttempt::new()).unwrap();
    for version in [
        "2021-05-21",
        "2022-01-01",
        "2022-09-01",
        "2023-08-01",
        "2025-01-01",
        "2026-01-01",
    ] {
        let get = async |path: &str| -> Value {
            let request = gateway.request(Method::GET, path);
            let (client, request) = request.build_split();
            let mut request = request.unwrap();
            request
                .headers_mut()
                .insert("x-api-version", version.parse().unwrap());
            gateway
                .send(reqwest::RequestBuilder::from_parts(client, request))
                .await
                .unwrap()
                .ok()
        };
        let new = version >= "2023-08-01";
        let form = |value: &Value| {
            if new {
                value.is_string()
            } else {
                value.is_i64()
            }
        };
        let link = get("/links/v").await;
        assert!(form(&link["cf_link_id"]), "{version}");
        assert_eq!(
            link["link_meta"]["upi_intent"],
            if new {
                Value::from("true")
            } else {
                Value::from(true)
            }
        );
        assert_eq!(link["link_qrcode"].is_string(), new);
        let order = &get("/links/v/orders").await[0];
        assert!(form(&order["cf_order_id"]), "{version}");
        assert_eq!(order["payments"].is_object(), !new);
        assert_eq!(
            order["payment_session_id"].is_string(),
            version >= "2022-09-01"
        );
        assert_eq!(order["order_token"].is_string(), version < "2022-09-01");
        assert!(order["order_tags"]["cf_link_id"].is_string());
        let alone = get(&format!("/orders/{}", payment.order_id)).await;
        assert_eq!(alone["payment_link"].is_string(), version < "2022-09-01");
        let payment = &get(&format!("/orders/{}/payments", payment.order_id)).await[0];
        assert!(form(&payment["cf_payment_id"]), "{version}");
    }
}

#[tokio::test]
async fn the_newest_version_does_not_require_id_and_purpose() {
    let gateway = Gateway::start().await;
    let url = format!("{}/links", gateway.running.api_base_url());
    let body = r#"{"link_amount":1,"link_currency":"INR","customer_details":{"customer_phone":"9000000000"}}"#;
    let request = gateway
        .http
        .post(url)
        .header("content-type", "application/json")
        .header("x-client-id", crate::gateway::CLIENT)
        .header("x-client-secret", crate::gateway::SECRET);
    let created = gateway
        .send(request.header("x-api-version", "2026-01-01").body(body))
        .await
        .unwrap()
        .ok();
    assert!(created["link_id"].as_str().unwrap().starts_with("link_"));
    assert_eq!(gateway.create(body).await.code(), "link_id_missing");
}
