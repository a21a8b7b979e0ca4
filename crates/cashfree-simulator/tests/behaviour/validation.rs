use serde_json::value::RawValue;

use crate::gateway::{Gateway, link};

/// Returns a valid request with one top-level field replaced by a JSON text, or removed.
fn with(field: &str, value: Option<&str>) -> String {
    let mut fields: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(&link("v-1", "")).unwrap();
    match value {
        Some(value) => fields.insert(
            field.to_owned(),
            RawValue::from_string(value.to_owned()).unwrap(),
        ),
        None => fields.remove(field),
    };
    serde_json::to_string(&fields).unwrap()
}

#[allow(clippy::too_many_lines)] // one table
#[tokio::test]
async fn invalid_fields_are_refused_by_name() {
    let gateway = Gateway::start().await;
    let long_id = format!("\"{}\"", "a".repeat(51));
    let long_purpose = format!("\"{}\"", "p".repeat(501));
    let long_return = format!(
        r#"{{"return_url":"https://example.com/{}"}}"#,
        "r".repeat(250)
    );
    let cases: &[(&str, Option<&str>, &str)] = &[
        ("link_id", None, "link_id_missing"),
        ("link_id", Some("null"), "link_id_missing"),
        ("link_id", Some("\"\""), "link_id_missing"),
        ("link_id", Some("7"), "link_id_invalid"),
        ("link_id", Some("\"a.b\""), "link_id_invalid"),
        ("link_id", Some("\"a b\""), "link_id_invalid"),
        ("link_id", Some("\"é\""), "link_id_invalid"),
        ("link_id", Some(&long_id), "link_id_invalid"),
        ("link_amount", None, "link_amount_missing"),
        ("link_amount", Some("\"200.12\""), "link_amount_invalid"),
        ("link_amount", Some("0"), "link_amount_invalid"),
        ("link_amount", Some("0.00"), "link_amount_invalid"),
        ("link_amount", Some("-1"), "link_amount_invalid"),
        ("link_amount", Some("1.001"), "link_amount_invalid"),
        ("link_amount", Some("1e2"), "link_amount_invalid"),
        ("link_amount", Some("1E400"), "link_amount_invalid"),
        ("link_amount", Some("true"), "link_amount_invalid"),
        ("link_amount", Some("[]"), "link_amount_invalid"),
        (
            "link_amount",
            Some("99999999999999999999999"),
            "link_amount_invalid",
        ),
        ("link_currency", None, "link_currency_missing"),
        ("link_currency", Some("\"inr\""), "link_currency_invalid"),
        ("link_currency", Some("1"), "link_currency_invalid"),
        ("link_currency", Some("\"USD\""), "link_post_failed"),
        ("link_purpose", None, "link_purpose_missing"),
        ("link_purpose", Some("\"  \""), "link_purpose_missing"),
        ("link_purpose", Some("{}"), "link_purpose_invalid"),
        ("link_purpose", Some(&long_purpose), "link_purpose_invalid"),
        ("customer_details", None, "customer_details_missing"),
        (
            "customer_details",
            Some("\"x\""),
            "customer_details_invalid",
        ),
        ("customer_details", Some("{}"), "customer_phone_missing"),
        (
            "customer_details",
            Some(r#"{"customer_phone":9000000000}"#),
            "customer_phone_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"98765a3210"}"#),
            "customer_phone_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"98765432101"}"#),
            "customer_phone_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"+9198765432101"}"#),
            "customer_phone_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"+12"}"#),
            "customer_phone_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_email":"nobody"}"#),
            "customer_email_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_name":5}"#),
            "customer_name_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_bank_code":1}"#),
            "customer_bank_code_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_bank_code":"3003"}"#),
            "customer_bank_code_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_bank_ifsc":1}"#),
            "customer_bank_ifsc_invalid",
        ),
        (
            "customer_details",
            Some(r#"{"customer_phone":"9000000000","customer_bank_account_number":1.5}"#),
            "customer_bank_account_number_invalid",
        ),
        (
            "link_partial_payments",
            Some("\"true\""),
            "link_partial_payments_invalid",
        ),
        (
            "link_minimum_partial_amount",
            Some("200.12"),
            "link_minimum_partial_amount_invalid",
        ),
        (
            "link_minimum_partial_amount",
            Some("0"),
            "link_minimum_partial_amount_invalid",
        ),
        (
            "link_minimum_partial_amount",
            Some("\"20\""),
            "link_minimum_partial_amount_invalid",
        ),
        (
            "link_expiry_time",
            Some("\"2020-01-01T00:00:00Z\""),
            "link_expiry_time_invalid",
        ),
        (
            "link_expiry_time",
            Some("\"9999-12-31T23:59:59Z\""),
            "link_expiry_time_invalid",
        ),
        (
            "link_expiry_time",
            Some("\"9999-12-31T23:59:59-05:30\""),
            "link_expiry_time_invalid",
        ),
        (
            "link_expiry_time",
            Some("\"2099-01-01T00:00:00\""),
            "link_expiry_time_invalid",
        ),
        (
            "link_expiry_time",
            Some("\"tomorrow\""),
            "link_expiry_time_invalid",
        ),
        (
            "link_expiry_time",
            Some("4102444800"),
            "link_expiry_time_invalid",
        ),
        ("link_notify", Some("true"), "link_notify_invalid"),
        (
            "link_notify",
            Some(r#"{"send_sms":"no"}"#),
            "send_sms_invalid",
        ),
        (
            "link_notify",
            Some(r#"{"send_email":1}"#),
            "send_email_invalid",
        ),
        (
            "link_auto_reminders",
            Some("1"),
            "link_auto_reminders_invalid",
        ),
        ("link_notes", Some("[]"), "link_notes_invalid"),
        ("link_notes", Some(r#"{"a":1}"#), "link_notes_invalid"),
        (
            "link_notes",
            Some(r#"{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6"}"#),
            "link_notes_invalid",
        ),
        ("link_meta", Some("\"x\""), "link_meta_invalid"),
        (
            "link_meta",
            Some(r#"{"notify_url":"http://example.com/hook"}"#),
            "notify_url_invalid",
        ),
        (
            "link_meta",
            Some(r#"{"notify_url":"nowhere"}"#),
            "notify_url_invalid",
        ),
        (
            "link_meta",
            Some(r#"{"notify_url":"ftp://example.com"}"#),
            "notify_url_invalid",
        ),
        (
            "link_meta",
            Some(r#"{"return_url":"javascript:alert(1)"}"#),
            "return_url_invalid",
        ),
        ("link_meta", Some(&long_return), "return_url_invalid"),
        (
            "link_meta",
            Some(r#"{"upi_intent":"maybe"}"#),
            "upi_intent_invalid",
        ),
        (
            "link_meta",
            Some(r#"{"payment_methods":"cc,gold"}"#),
            "payment_methods_invalid",
        ),
        ("order_splits", Some("{}"), "order_splits_invalid"),
        (
            "order_splits",
            Some(r#"[{"amount":1}]"#),
            "order_splits_invalid",
        ),
        ("enable_invoice", Some("\"yes\""), "enable_invoice_invalid"),
    ];
    for (field, value, code) in cases {
        let refused = gateway.create(with(field, *value)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, *code),
            "{field}: {value:?}: {}",
            refused.text
        );
        assert_eq!(refused.json()["type"], "invalid_request_error");
        let named = refused.json()["message"].as_str().unwrap().contains(field);
        assert!(named || *code == "link_post_failed", "{}", refused.text);
    }
    assert!(gateway.simulator().links().is_empty());
}

#[tokio::test]
async fn unusual_but_valid_fields_are_accepted() {
    let gateway = Gateway::start().await;
    let cases: &[(&str, &str)] = &[
        ("link_amount", "1"),
        ("link_amount", "0.5"),
        ("link_amount", "90071992547409.93"),
        ("customer_details", r#"{"customer_phone":"+919876543210"}"#),
        (
            "customer_details",
            r#"{"customer_phone":"+14155550100","customer_bank_account_number":11111111111,"customer_bank_code":7001}"#,
        ),
        (
            "link_meta",
            r#"{"notify_url":"http://localhost:1/x","return_url":"http://shop.example/back","upi_intent":"true","payment_methods":"cc, upi"}"#,
        ),
        ("link_meta", r#"{"payment_methods":""}"#),
        ("link_notes", "{}"),
        ("link_expiry_time", "\"2099-01-01T00:00:00Z\""),
        ("order_splits", r#"[{"vendor_id":"v","percentage":10.5}]"#),
        ("something_new", "[1]"),
    ];
    for (number, (field, value)) in cases.iter().enumerate() {
        let body = with(field, Some(value)).replace("v-1", &format!("ok-{number}"));
        let created = gateway.create(body).await;
        assert_eq!(created.status, 200, "{field}: {value}: {}", created.text);
    }
    let exact = gateway.get("/links/ok-2").await;
    assert!(
        exact.text.contains(r#""link_amount":90071992547409.93"#),
        "{}",
        exact.text
    );
    assert!(
        gateway
            .get("/links/ok-9")
            .await
            .text
            .contains(r#"[{"vendor_id":"v","percentage":10.5}]"#)
    );
}

#[tokio::test]
async fn bodies_other_than_json_objects_are_refused() {
    let gateway = Gateway::start().await;
    let deep = "[".repeat(10_000);
    for body in [
        "",
        "{",
        "[]",
        "\"x\"",
        "null",
        "{\"link_id\":}",
        "\u{0}",
        deep.as_str(),
    ] {
        let refused = gateway.create(body).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "request_failed"),
            "{body:.20}"
        );
    }
    let not_utf8 = gateway
        .send(
            gateway
                .request(reqwest::Method::POST, "/links")
                .body(vec![0xff, 0xfe]),
        )
        .await
        .unwrap();
    assert_eq!(not_utf8.status, 400);
    let large = gateway
        .create(link("big", &format!(r#""x":"{}""#, "x".repeat(70_000))))
        .await;
    assert_eq!(
        (large.status, large.json()["type"].as_str()),
        (413, Some("invalid_request_error"))
    );
}

#[tokio::test]
async fn a_setting_allows_dots_in_link_ids() {
    let gateway = Gateway::start().await;
    gateway
        .simulator()
        .update_settings(|settings| settings.link_id_allows_dots = true);
    gateway.create(link("6f1c.1", "")).await.ok();
    assert_eq!(gateway.get("/links/6f1c.1").await.ok()["link_id"], "6f1c.1");
}

#[tokio::test]
async fn other_currencies_must_be_enabled() {
    let gateway = Gateway::start().await;
    let body = link("usd", "").replace("INR", "USD");
    assert_eq!(
        gateway.create(body.clone()).await.json()["message"],
        "Currency USD is not enabled"
    );
    gateway
        .simulator()
        .update_settings(|settings| settings.enabled_currencies.push("USD".to_owned()));
    assert_eq!(gateway.create(body).await.ok()["link_currency"], "USD");
}
