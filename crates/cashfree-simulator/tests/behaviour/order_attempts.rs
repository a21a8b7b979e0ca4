use reqwest::Method;

use crate::gateway::Gateway;
use crate::markup::check;
use crate::orders::order;

#[tokio::test]
async fn an_order_is_paid_on_its_payment_page() {
    let gateway = Gateway::start().await;
    gateway.post("/orders", order("o-1", "")).await.ok();
    let back = r#""order_meta":{"return_url":"https://shop.example/back"}"#;
    gateway.post("/orders", order("o-2", back)).await.ok();
    let url = |id| gateway.simulator().order(id, None).unwrap().payment_url;
    let press = async |id, outcome: &str| {
        let form = format!("method=card&outcome={outcome}");
        let request = gateway.http.post(url(id));
        let kind = "application/x-www-form-urlencoded";
        let request = request.header("content-type", kind).body(form);
        gateway.send(request).await.unwrap()
    };
    let page = gateway.send(gateway.http.get(url("o-1"))).await.unwrap();
    check(&page.text);
    assert!(page.text.contains("Pay ₹100.50"), "{}", page.text);
    for (outcome, status, words) in [
        ("nothing", 422, "Choose one of the buttons"),
        ("fail", 200, "FAILED"),
        ("pay", 200, "Transaction success"),
        ("pay", 422, "the order is not active"),
    ] {
        let page = press("o-1", outcome).await;
        check(&page.text);
        assert_eq!(page.status, status, "{outcome}");
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let paid = press("o-2", "pay").await;
    assert_eq!(
        (paid.status, paid.header("location")),
        (303, "https://shop.example/back")
    );
    let unknown = gateway
        .http
        .get(format!("{}/orders/x", gateway.running.url()));
    assert_eq!(gateway.send(unknown).await.unwrap().status, 404);
}

#[tokio::test]
async fn the_control_api_makes_attempts_on_orders_with_every_outcome() {
    let gateway = Gateway::start().await;
    gateway.post("/orders", order("o-1", "")).await.ok();
    for (action, body, status) in [
        ("fail", r#"{"reason":"no money"}"#, "FAILED"),
        ("drop", "", "USER_DROPPED"),
        ("pending", r#"{"amount":"100.50"}"#, "PENDING"),
    ] {
        let path = format!("/orders/o-1/{action}");
        let ended = gateway.control(Method::POST, &path, body).await.ok();
        assert_eq!(ended["payment"]["status"], status);
    }
    let blocked = gateway.control(Method::POST, "/orders/o-1/pay", "").await;
    assert_eq!(
        (blocked.status, blocked.code().as_str()),
        (409, "order_not_payable")
    );
    let wrong = gateway.control(
        Method::POST,
        "/orders/o-1/pay",
        r#"{"amount":1,"late":true}"#,
    );
    assert_eq!(wrong.await.json()["field"], "amount");
    let listed = gateway.control(Method::GET, "/orders", "").await.ok();
    assert_eq!(listed["orders"][0]["payments"].as_array().unwrap().len(), 3);
    let unknown = gateway.control(Method::GET, "/orders/o-9", "").await;
    assert_eq!(unknown.status, 404);
}
