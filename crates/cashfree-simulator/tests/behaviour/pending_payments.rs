use std::time::Duration;

use cashfree_simulator::{
    Endpoint, LinkStatus, OrderStatus, PaymentAttempt, PaymentStatus, Simulator,
};
use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, fast, instalment_link, link};

async fn heard() -> (Gateway, Receiver) {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::new(&receiver.url);
    gateway.simulator().add_endpoint(endpoint).unwrap();
    (gateway, receiver)
}

fn begin(simulator: &Simulator, link: &str) -> String {
    let payment = simulator
        .leave_pending(link, PaymentAttempt::new())
        .unwrap();
    assert_eq!(payment.status, PaymentStatus::Pending);
    payment.cf_payment_id
}

/// Returns the payment entity of the link's newest order.
async fn newest_payment(gateway: &Gateway, link: &str) -> Value {
    let order = gateway
        .simulator()
        .link(link)
        .unwrap()
        .orders
        .pop()
        .unwrap();
    let path = format!("/orders/{}/payments", order.order_id);
    gateway.get(&path).await.ok()[0].clone()
}

#[tokio::test]
async fn a_pending_payment_is_listed_but_sends_no_event() {
    let (gateway, receiver) = heard().await;
    gateway.create(link("p", "")).await.ok();
    let begun = gateway
        .control(Method::POST, "/links/p/pending", r#"{"method":"card"}"#)
        .await
        .ok();
    assert_eq!(
        (
            &begun["payment"]["status"],
            &begun["payment"]["completed_at"]
        ),
        (&"PENDING".into(), &Value::Null)
    );
    assert_eq!(begun["link"]["status"], "ACTIVE");
    let payment = newest_payment(&gateway, "p").await;
    assert_eq!(payment["payment_status"], "PENDING");
    for absent in ["bank_reference", "payment_completion_time", "error_details"] {
        assert_eq!(payment[absent], Value::Null, "{absent}");
    }
    assert_eq!(payment["is_captured"], false);
    assert!(payment["payment_time"].is_string() && payment["payment_amount"].is_number());
    let shown = gateway.simulator().link("p").unwrap();
    assert_eq!(shown.orders[0].status, OrderStatus::Active);
    assert_eq!(gateway.get("/links/p/orders").await.text, "[]");

    // A second attempt gets its own order; the order of the first one takes no other payment.
    let refused = PaymentAttempt::new().with_order(&shown.orders[0].order_id);
    let refused = gateway.simulator().pay("p", refused).unwrap_err();
    assert_eq!((refused.status, refused.code), (409, "order_not_payable"));
    begin(gateway.simulator(), "p");
    assert_eq!(gateway.simulator().link("p").unwrap().orders.len(), 2);
    gateway.idle().await;
    assert!(receiver.arrivals().is_empty() && gateway.simulator().deliveries().is_empty());
}

#[tokio::test]
async fn a_completed_pending_payment_has_the_effects_of_an_immediate_one() {
    let (gateway, receiver) = heard().await;
    for (outcome, event, status, words) in [
        (
            "FAILED",
            "PAYMENT_FAILED_WEBHOOK",
            LinkStatus::Active,
            "declined",
        ),
        (
            "USER_DROPPED",
            "PAYMENT_USER_DROPPED_WEBHOOK",
            LinkStatus::Active,
            "left",
        ),
        (
            "SUCCESS",
            "PAYMENT_SUCCESS_WEBHOOK",
            LinkStatus::Paid,
            "success",
        ),
    ] {
        gateway.create(link(outcome, "")).await.ok();
        let id = begin(gateway.simulator(), outcome);
        gateway.simulator().advance_clock(Duration::from_secs(90));
        let path = format!("/payments/{id}/settle");
        let body = format!(r#"{{"outcome":"{outcome}"}}"#);
        let settled = gateway
            .control(Method::POST, &path, body.as_str())
            .await
            .ok();
        assert_eq!(settled["payment"]["status"], outcome);
        assert_eq!(settled["link"]["status"], status.as_str());
        let payment = newest_payment(&gateway, outcome).await;
        let success = outcome == "SUCCESS";
        assert_eq!(payment["bank_reference"].is_string(), success);
        assert_eq!(payment["is_captured"], success);
        assert_eq!(payment["error_details"].is_object(), outcome == "FAILED");
        assert!(payment["payment_message"].as_str().unwrap().contains(words));
        assert!(
            payment["payment_completion_time"].as_str() > payment["payment_time"].as_str(),
            "{payment}"
        );
        gateway.idle().await;
        assert_eq!(receiver.of_type(event).len(), 1, "{event}");

        let again = gateway.control(Method::POST, &path, body).await;
        assert_eq!(
            (again.status, again.code().as_str()),
            (409, "payment_not_pending")
        );
        let shown = gateway.simulator().link(outcome).unwrap();
        assert_eq!(shown.amount_paid.is_positive(), success);
    }
    assert_eq!(receiver.of_type("PAYMENT_LINK_EVENT").len(), 1);
}

#[tokio::test]
async fn completing_a_payment_that_is_not_pending_is_refused() {
    let gateway = Gateway::start().await;
    gateway.create(link("p", "")).await.ok();
    let id = begin(gateway.simulator(), "p");
    for (id, body, status, field) in [
        ("1", r#"{"outcome":"SUCCESS"}"#, 404, "cf_payment_id"),
        ("x", r#"{"outcome":"SUCCESS"}"#, 404, "cf_payment_id"),
        (id.as_str(), r#"{"outcome":"PENDING"}"#, 400, "outcome"),
        (id.as_str(), r#"{"outcome":"success"}"#, 400, "outcome"),
        (id.as_str(), "{}", 400, "outcome"),
        (id.as_str(), r#"{"outcome":"FAILED","why":1}"#, 400, "why"),
    ] {
        let path = format!("/payments/{id}/settle");
        let refused = gateway.control(Method::POST, &path, body).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (status, Some(field)),
            "{body}"
        );
    }
    let shown = gateway.simulator().link("p").unwrap();
    assert_eq!(shown.orders[0].payments[0].status, PaymentStatus::Pending);
    gateway.create(link("paid", "")).await.ok();
    let paid = gateway
        .simulator()
        .pay("paid", PaymentAttempt::new())
        .unwrap();
    let refused = gateway
        .simulator()
        .complete_payment(&paid.cf_payment_id, PaymentStatus::Failed);
    assert_eq!(refused.unwrap_err().status, 409);
}

#[tokio::test]
async fn two_pending_payments_can_both_pay_a_link() {
    let (gateway, receiver) = heard().await;
    gateway.create(link("twice", "")).await.ok();
    let (first, second) = (
        begin(gateway.simulator(), "twice"),
        begin(gateway.simulator(), "twice"),
    );
    for id in [&first, &second] {
        gateway
            .simulator()
            .complete_payment(id, PaymentStatus::Success)
            .unwrap();
    }
    let shown = gateway.simulator().link("twice").unwrap();
    assert_eq!(
        (shown.status, shown.amount_paid.to_string().as_str()),
        (LinkStatus::Paid, "400.24")
    );
    let entity = gateway.get("/links/twice").await;
    assert_eq!(entity.ok()["link_status"], "PAID");
    assert!(
        entity
            .text
            .contains(r#""link_amount":200.12,"link_amount_paid":400.24"#)
    );
    let orders = gateway.get("/links/twice/orders").await.ok();
    assert_eq!(orders.as_array().unwrap().len(), 2);
    for (order, id) in orders.as_array().unwrap().iter().zip([&first, &second]) {
        assert_eq!(order["order_status"], "PAID");
        let path = format!("/orders/{}/payments", order["order_id"].as_str().unwrap());
        let payments = gateway.get(&path).await.ok();
        assert_eq!(
            (
                &payments[0]["cf_payment_id"],
                &payments[0]["payment_status"]
            ),
            (&id.as_str().into(), &"SUCCESS".into())
        );
    }
    gateway.idle().await;
    let events = receiver.of_type("PAYMENT_LINK_EVENT");
    let sent: Vec<(String, i64)> = events
        .iter()
        .map(|event| {
            let data = &event.json()["data"];
            assert_eq!(data["link_status"], "PAID");
            (
                data["link_amount_paid"].as_str().unwrap().to_owned(),
                data["order"]["transaction_id"].as_i64().unwrap(),
            )
        })
        .collect();
    assert!(
        sent.contains(&("200.12".to_owned(), first.parse().unwrap())),
        "{sent:?}"
    );
    assert!(
        sent.contains(&("400.24".to_owned(), second.parse().unwrap())),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn a_payment_started_before_the_end_of_a_link_can_succeed_after_it() {
    let gateway = Gateway::start().await;
    let simulator = gateway.simulator();
    for (id, end) in [
        ("cancelled", LinkStatus::Cancelled),
        ("expired", LinkStatus::Expired),
    ] {
        gateway.create(instalment_link(id, "")).await.ok();
        let part = PaymentAttempt::new().with_amount("55".parse().unwrap());
        let part = simulator.leave_pending(id, part).unwrap().cf_payment_id;
        let whole = begin(simulator, id);
        if end == LinkStatus::Cancelled {
            gateway.cancel(id).await.ok();
        } else {
            simulator.advance_clock(Duration::from_hours(31 * 24));
        }
        let paid = |id: &str| {
            let link = simulator.link(id).unwrap();
            (link.status, link.amount_paid.to_string())
        };
        assert_eq!(paid(id), (end, "0.00".to_owned()));
        simulator
            .complete_payment(&part, PaymentStatus::Success)
            .unwrap();
        assert_eq!(paid(id), (end, "55.00".to_owned()));
        simulator
            .complete_payment(&whole, PaymentStatus::Success)
            .unwrap();
        assert_eq!(paid(id), (LinkStatus::Paid, "255.12".to_owned()));
        let orders = simulator.link(id).unwrap().orders;
        assert!(orders.iter().all(|order| order.status == OrderStatus::Paid));
    }
}

#[tokio::test]
async fn pending_payments_fail_too_if_payments_are_set_to_fail() {
    let gateway = Gateway::start().await;
    gateway.create(link("p", "")).await.ok();
    let id = begin(gateway.simulator(), "p");
    gateway
        .simulator()
        .update_settings(|settings| settings.fail_payments = true);
    let settled = gateway
        .simulator()
        .complete_payment(&id, PaymentStatus::Success)
        .unwrap();
    assert_eq!(settled.status, PaymentStatus::Failed);
    assert!(settled.bank_reference.is_none());
}
