use cashfree_simulator::{OrderStatus, PaymentAttempt, PaymentStatus};
use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Arrival, Gateway, Receiver, Reply, fast, link};

/// Builds a request for an order without a link.
pub(crate) fn order(order_id: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"order_id":"{order_id}","order_amount":100.5,"order_currency":"INR",
            "customer_details":{{"customer_id":"c_1","customer_phone":"9000000000"}}{comma}{more}}}"#
    )
}

async fn patch(gateway: &Gateway, order_id: &str, version: &str) -> Reply {
    let request = gateway.request(Method::PATCH, &format!("/orders/{order_id}"));
    let (client, request) = request
        .header("content-type", "application/json")
        .body(r#"{"order_status":"TERMINATED"}"#)
        .build_split();
    let mut request = request.unwrap();
    let version = version.parse().unwrap();
    request.headers_mut().insert("x-api-version", version);
    let request = reqwest::RequestBuilder::from_parts(client, request);
    gateway.send(request).await.unwrap()
}

#[tokio::test]
async fn an_order_is_created_and_paid_and_sends_an_event() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::with(fast()).await;
    let more = format!(
        r#""order_note":"for tea","order_tags":{{"k":"v"}},"order_meta":{{"notify_url":"{}"}}"#,
        receiver.url
    );
    let made = gateway.post("/orders", order("o-1", &more)).await.ok();
    for (field, value) in [
        ("order_id", "o-1"),
        ("entity", "order"),
        ("order_status", "ACTIVE"),
        ("order_note", "for tea"),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(made["customer_details"]["customer_id"], "c_1");
    assert!(made["payment_session_id"].is_string() && made["link_id"].is_null());
    let paid = gateway
        .control(Method::POST, "/orders/o-1/pay", r#"{"method":"card"}"#)
        .await
        .ok();
    assert_eq!(paid["payment"]["status"], "SUCCESS");
    assert_eq!(
        (&paid["order"]["status"], &paid["link"]),
        (&"PAID".into(), &Value::Null)
    );
    assert_eq!(
        gateway.get("/orders/o-1").await.ok()["order_status"],
        "PAID"
    );
    gateway.idle().await;
    let arrivals = receiver.arrivals();
    let events: Vec<String> = arrivals.iter().map(Arrival::event_type).collect();
    assert_eq!(
        events,
        ["PAYMENT_SUCCESS_WEBHOOK"],
        "there is no link to tell about"
    );
    let event = receiver.arrivals()[0].json();
    assert_eq!(event["data"]["order"]["order_tags"]["k"], "v");
    assert_eq!(event["data"]["customer_details"]["customer_id"], "c_1");
    let delivery = &gateway.simulator().deliveries()[0];
    assert_eq!(
        (delivery.link_id.as_deref(), delivery.order_id.as_deref()),
        (None, Some("o-1"))
    );
}

#[tokio::test]
async fn invalid_orders_are_refused_with_the_right_code() {
    let gateway = Gateway::start().await;
    for (wrong, code) in [
        (order("o", ""), "order_id_invalid"),
        (order("o.1", ""), "order_id_invalid"),
        (
            order("o-1", "").replace("100.5", "0.5"),
            "order_amount_invalid",
        ),
        (
            order("o-1", "").replace("100.5", "-5"),
            "order_amount_invalid",
        ),
        (
            order("o-1", "").replace("INR", "USD"),
            "order_currency_invalid",
        ),
        (order("o-1", "").replace("c_1", "c"), "customer_id_invalid"),
        (
            order("o-1", "").replace("9000000000", "90000000001"),
            "customer_phone_invalid",
        ),
        (order("o-1", r#""order_note":"x""#), "order_note_invalid"),
        (
            order("o-1", r#""order_tags":{"k":""}"#),
            "order_tags_invalid",
        ),
        (
            order("o-1", r#""order_expiry_time":"2020-01-01T00:00:00Z""#),
            "order_expiry_time_invalid",
        ),
    ] {
        let refused = gateway.post("/orders", wrong).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
    gateway.post("/orders", order("o-1", "")).await.ok();
    let twice = gateway.post("/orders", order("o-1", "")).await;
    assert_eq!(
        (twice.status, twice.code().as_str()),
        (409, "order_already_exists")
    );
    let unnamed = order("o-1", "").replace(r#""order_id":"o-1","#, "");
    let unnamed = gateway.post("/orders", unnamed).await.ok();
    assert!(unnamed["order_id"].as_str().unwrap().starts_with("order_"));
}

#[tokio::test]
async fn an_order_terminates_at_once_or_after_its_pending_payment() {
    let gateway = Gateway::start().await;
    let simulator = gateway.simulator();
    for id in ["o-1", "o-2", "o-3"] {
        gateway.post("/orders", order(id, "")).await.ok();
    }
    let old = patch(&gateway, "o-1", "2022-09-01").await;
    assert_eq!(old.status, 400, "there is no such call in old versions");
    assert_eq!(
        patch(&gateway, "o-1", "2025-01-01").await.ok()["order_status"],
        "TERMINATED"
    );
    let again = patch(&gateway, "o-1", "2025-01-01").await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (400, "order_inactive")
    );
    let refused = simulator.attempt_order("o-1", PaymentAttempt::new(), PaymentStatus::Success);
    assert_eq!(refused.unwrap_err().code, "order_not_payable");

    let pending = |id| simulator.attempt_order(id, PaymentAttempt::new(), PaymentStatus::Pending);
    for (id, end, then) in [
        ("o-2", PaymentStatus::Failed, OrderStatus::Terminated),
        ("o-3", PaymentStatus::Success, OrderStatus::Paid),
    ] {
        let payment = pending(id).unwrap();
        let asked = patch(&gateway, id, "2025-01-01").await.ok();
        assert_eq!(asked["order_status"], "TERMINATION_REQUESTED");
        simulator
            .complete_payment(&payment.cf_payment_id, end)
            .unwrap();
        assert_eq!(simulator.order(id, None).unwrap().status, then);
    }
    assert_eq!(
        patch(&gateway, "o-3", "2025-01-01").await.code(),
        "order_already_paid"
    );
}

#[tokio::test]
async fn a_late_payment_can_pay_an_order_twice() {
    let gateway = Gateway::start().await;
    gateway.post("/orders", order("o-1", "")).await.ok();
    let pay = |attempt| {
        let end = PaymentStatus::Success;
        gateway.simulator().attempt_order("o-1", attempt, end)
    };
    pay(PaymentAttempt::new()).unwrap();
    assert_eq!(pay(PaymentAttempt::new()).unwrap_err().status, 409);
    pay(PaymentAttempt::new().late()).unwrap();
    let payments = gateway.get("/orders/o-1/payments").await.ok();
    let taken = payments.as_array().unwrap().iter();
    assert_eq!(
        taken.filter(|p| p["payment_status"] == "SUCCESS").count(),
        2
    );
}

#[tokio::test]
async fn simulation_calls_complete_payments_and_settlements() {
    let gateway = Gateway::start().await;
    gateway.create(link("l", "")).await.ok();
    let payment = gateway
        .simulator()
        .leave_pending("l", PaymentAttempt::new())
        .unwrap();
    let simulate = |entity: &str, end: &str| {
        format!(
            r#"{{"entity":"{entity}","entity_id":"{}","entity_simulation":{{"payment_status":"{end}","payment_error_code":"ISSUER_NOT_AVAILABLE"}}}}"#,
            payment.cf_payment_id
        )
    };
    let refused = gateway
        .post("/simulate", simulate("SUBS_PAYMENTS", "FAILED"))
        .await;
    assert_eq!(refused.code(), "entity_unsupported");
    let refused = gateway
        .post("/simulate", simulate("PAYMENTS", "LOST"))
        .await;
    assert_eq!(refused.code(), "payment_status_invalid");
    gateway
        .post("/simulate", simulate("PAYMENTS", "PENDING"))
        .await
        .ok();
    let path = format!("/orders/{}/payments", payment.order_id);
    let still = gateway.get(&path).await.ok();
    assert_eq!(
        (
            &still[0]["payment_status"],
            &still[0]["payment_completion_time"]
        ),
        (&"PENDING".into(), &Value::Null)
    );
    let made = gateway
        .post("/simulate", simulate("PAYMENTS", "FAILED"))
        .await
        .ok();
    let id = made["simulation_id"].as_str().unwrap();
    assert_eq!(gateway.get(&format!("/simulate/{id}")).await.ok(), made);
    assert_eq!(
        made["entity_simulation"]["payment_error_code"],
        "ISSUER_NOT_AVAILABLE"
    );
    let order = &payment.order_id;
    let shown = gateway.get(&format!("/orders/{order}/payments")).await.ok();
    assert_eq!(shown[0]["payment_status"], "FAILED");
    let again = gateway
        .post("/simulate", simulate("PAYMENTS", "SUCCESS"))
        .await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (400, "entity_id_invalid")
    );
    assert_eq!(
        gateway.get("/simulate/sim_x").await.code(),
        "simulation_id_invalid"
    );
    let payout = gateway.post("/simulate/settlement", "{}").await;
    assert_eq!(payout.status, 400, "only the newest version has this call");
}
