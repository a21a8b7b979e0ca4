use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    LinkStatus, ManualClock, Merchant, Paise, PaymentAttempt, SimulatorConfig,
};
use reqwest::Method;
use test_support::in_time;

use crate::gateway::{Gateway, instalment_link, link};

fn paise(text: &str) -> Paise {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_link_is_created_fetched_and_paid() {
    let gateway = Gateway::start().await;
    let created = gateway
        .create(link("inv-1", r#""link_notes":{"b":"2","a":"1"}"#))
        .await;
    let entity = created.ok();
    assert_eq!(entity["link_status"], "ACTIVE");
    assert!(
        created
            .text
            .contains(r#""link_amount":200.12,"link_amount_paid":0.00"#),
        "{}",
        created.text
    );
    assert_eq!(entity["link_notes"]["a"], "1");
    assert!(
        entity["link_url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/links/", gateway.running.url()))
    );
    assert!(
        entity["link_created_at"]
            .as_str()
            .unwrap()
            .ends_with("+05:30")
    );
    assert!(
        entity["link_qrcode"]
            .as_str()
            .unwrap()
            .starts_with("data:image/png;base64,")
    );
    assert_eq!(entity["link_notify"]["send_sms"], false);

    let payment = gateway
        .simulator()
        .pay("inv-1", PaymentAttempt::new())
        .unwrap();
    let fetched = gateway.get("/links/inv-1").await;
    assert_eq!(fetched.ok()["link_status"], "PAID");
    assert!(fetched.text.contains(r#""link_amount_paid":200.12"#));

    let orders = gateway.get("/links/inv-1/orders").await.ok();
    let order_id = orders[0]["order_id"].as_str().unwrap();
    assert!(order_id.starts_with("CFPay_"));
    assert_eq!(orders[0]["order_status"], "PAID");
    assert_eq!(orders[0]["link_id"], "inv-1");
    let payments = gateway.get(&format!("/orders/{order_id}/payments")).await;
    assert_eq!(
        payments.ok()[0]["cf_payment_id"],
        payment.cf_payment_id.as_str()
    );
    assert!(payments.text.contains(r#""payment_amount":200.12"#));
    let one = gateway
        .get(&format!(
            "/orders/{order_id}/payments/{}",
            payment.cf_payment_id
        ))
        .await
        .ok();
    assert_eq!(one["payment_status"], "SUCCESS");
    assert_eq!(one["payment_method"]["upi"]["channel"], "collect");
    assert_eq!(
        gateway.get(&format!("/orders/{order_id}")).await.ok()["order_id"],
        order_id
    );
    assert_eq!(
        gateway
            .get(&format!("/orders/{order_id}/payments/1"))
            .await
            .code(),
        "payment_not_found"
    );
    assert_eq!(
        gateway.get("/orders/nothing/payments").await.code(),
        "order_not_found"
    );
}

#[tokio::test]
async fn instalments_add_up_and_the_first_one_has_a_minimum() {
    let gateway = Gateway::start().await;
    gateway.create(instalment_link("part", "")).await.ok();
    let simulator = gateway.simulator();
    let pay =
        |amount: &str| simulator.pay("part", PaymentAttempt::new().with_amount(paise(amount)));
    let refused = pay("10.99").unwrap_err();
    assert_eq!(
        (refused.status, refused.field.as_deref()),
        (400, Some("amount"))
    );
    pay("55").unwrap();
    let link = simulator.link("part").unwrap();
    assert_eq!(
        (link.status, link.amount_paid),
        (LinkStatus::PartiallyPaid, paise("55"))
    );
    pay("0.01").unwrap();
    assert_eq!(pay("145.12").unwrap_err().field.as_deref(), Some("amount"));
    pay("145.11").unwrap();
    let link = simulator.link("part").unwrap();
    assert_eq!(
        (link.status, link.amount_paid, link.orders.len()),
        (LinkStatus::Paid, paise("200.12"), 3)
    );
    assert_eq!(pay("1").unwrap_err().status, 409);
    assert_eq!(
        gateway
            .get("/links/part/orders")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_link_without_instalments_takes_only_its_amount() {
    let gateway = Gateway::start().await;
    gateway.create(link("whole", "")).await.ok();
    let attempt = PaymentAttempt::new().with_amount(paise("200.11"));
    assert_eq!(
        gateway
            .simulator()
            .pay("whole", attempt.clone())
            .unwrap_err()
            .field
            .as_deref(),
        Some("amount")
    );
    gateway
        .simulator()
        .update_settings(|settings| settings.paid_status_on_partial = true);
    gateway
        .simulator()
        .pay("whole", attempt.with_amount(paise("55")))
        .unwrap();
    let fetched = gateway.get("/links/whole").await;
    assert_eq!(fetched.ok()["link_status"], "PAID");
    assert!(
        fetched
            .text
            .contains(r#""link_amount":200.12,"link_amount_paid":55.00"#)
    );
}

#[tokio::test]
async fn failed_and_dropped_attempts_leave_link_and_order_unpaid() {
    let gateway = Gateway::start().await;
    gateway.create(link("tries", "")).await.ok();
    let simulator = gateway.simulator();
    let failed = simulator
        .fail("tries", PaymentAttempt::new().with_reason("no money"))
        .unwrap();
    simulator
        .drop_payment("tries", PaymentAttempt::new())
        .unwrap();
    assert_eq!(
        gateway.get("/links/tries").await.ok()["link_status"],
        "ACTIVE"
    );
    assert_eq!(gateway.get("/links/tries/orders").await.text, "[]");
    let all = gateway.get("/links/tries/orders?status=ALL").await.ok();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[0]["order_status"], "ACTIVE");
    let payments = gateway
        .get(&format!("/orders/{}/payments", failed.order_id))
        .await
        .ok();
    assert_eq!(payments[0]["payment_status"], "FAILED");
    assert_eq!(
        payments[0]["error_details"]["error_description"],
        "no money"
    );

    simulator
        .pay("tries", PaymentAttempt::new().with_order(&failed.order_id))
        .unwrap();
    let payments = gateway
        .get(&format!("/orders/{}/payments", failed.order_id))
        .await
        .ok();
    assert_eq!(
        (
            payments[0]["payment_status"].as_str(),
            payments[1]["payment_status"].as_str()
        ),
        (Some("FAILED"), Some("SUCCESS"))
    );
    assert_eq!(
        gateway.get("/links/tries").await.ok()["link_status"],
        "PAID"
    );
}

#[tokio::test]
async fn unpaid_orders_of_a_link_expire_after_thirty_minutes() {
    let gateway = Gateway::start().await;
    gateway.create(link("slow", "")).await.ok();
    let failed = gateway
        .simulator()
        .fail("slow", PaymentAttempt::new())
        .unwrap();
    gateway.simulator().advance_clock(Duration::from_mins(31));
    assert_eq!(
        gateway.get("/links/slow/orders?status=ALL").await.ok()[0]["order_status"],
        "EXPIRED"
    );
    let again = gateway
        .simulator()
        .pay("slow", PaymentAttempt::new().with_order(failed.order_id));
    assert_eq!(again.unwrap_err().field.as_deref(), Some("order_id"));
}

#[tokio::test]
async fn only_payable_links_can_be_cancelled() {
    let gateway = Gateway::start().await;
    for id in ["active", "paid", "expired"] {
        gateway.create(link(id, "")).await.ok();
    }
    gateway.create(instalment_link("partial", "")).await.ok();
    gateway
        .simulator()
        .pay("paid", PaymentAttempt::new())
        .unwrap();
    gateway
        .simulator()
        .pay("partial", PaymentAttempt::new().with_amount(paise("55")))
        .unwrap();
    gateway.simulator().expire("expired", None).unwrap();
    assert_eq!(
        gateway.cancel("active").await.ok()["link_status"],
        "CANCELLED"
    );
    let partial = gateway.cancel("partial").await;
    assert_eq!(partial.ok()["link_status"], "CANCELLED");
    assert!(partial.text.contains(r#""link_amount_paid":55.00"#));
    for id in ["active", "partial", "paid", "expired"] {
        let refused = gateway.cancel(id).await;
        assert_eq!(
            (refused.status, refused.code()),
            (409, "link_cannot_be_cancelled".to_owned()),
            "{id}"
        );
    }
    gateway.simulator().update_settings(|settings| {
        settings.cancel_refused_status = 400;
        settings.cancel_refused_code = "other".to_owned();
    });
    let refused = gateway.cancel("paid").await;
    assert_eq!((refused.status, refused.code()), (400, "other".to_owned()));
    assert_eq!(gateway.cancel("nothing").await.code(), "link_get_not_found");
}

#[tokio::test]
async fn a_late_payment_counts_on_an_ended_link() {
    let gateway = Gateway::start().await;
    gateway.create(link("late", "")).await.ok();
    gateway.create(instalment_link("late-part", "")).await.ok();
    gateway.cancel("late").await.ok();
    gateway.cancel("late-part").await.ok();
    let simulator = gateway.simulator();
    assert_eq!(
        simulator
            .pay("late", PaymentAttempt::new())
            .unwrap_err()
            .code,
        "link_not_payable"
    );
    simulator.pay("late", PaymentAttempt::new().late()).unwrap();
    assert_eq!(simulator.link("late").unwrap().status, LinkStatus::Paid);
    simulator
        .pay(
            "late-part",
            PaymentAttempt::new().with_amount(paise("20")).late(),
        )
        .unwrap();
    let link = simulator.link("late-part").unwrap();
    assert_eq!(
        (link.status, link.amount_paid),
        (LinkStatus::Cancelled, paise("20"))
    );
}

#[tokio::test]
async fn links_expire_by_the_injected_clock() {
    let start = "2026-01-15T10:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let gateway = Gateway::with(
        SimulatorConfig::new()
            .with_clock(clock.clone())
            .with_expiry_interval(Duration::from_hours(1)),
    )
    .await;
    gateway
        .create(link(
            "soon",
            r#""link_expiry_time":"2026-01-15T16:00:00+05:30""#,
        ))
        .await
        .ok();
    let default = gateway.create(link("default", "")).await.ok();
    assert_eq!(default["link_created_at"], "2026-01-15T15:30:00+05:30");
    assert_eq!(default["link_expiry_time"], "2026-02-14T15:30:00+05:30");
    clock.advance(Duration::from_secs(30 * 60 - 1));
    assert_eq!(
        gateway.get("/links/soon").await.ok()["link_status"],
        "ACTIVE"
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        gateway.get("/links/soon").await.ok()["link_status"],
        "EXPIRED"
    );
    assert_eq!(
        gateway
            .simulator()
            .pay("soon", PaymentAttempt::new())
            .unwrap_err()
            .status,
        409
    );
    clock.advance(Duration::from_hours(30 * 24));
    assert_eq!(
        gateway.simulator().link("default").unwrap().status,
        LinkStatus::Expired
    );
}

#[tokio::test]
async fn a_running_simulator_expires_links_in_the_background() {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let config = SimulatorConfig::new()
        .with_clock(clock.clone())
        .with_expiry_interval(Duration::from_millis(5));
    let gateway = Gateway::with(config).await;
    gateway
        .create(link(
            "timer",
            r#""link_meta":{"notify_url":"http://127.0.0.1:9/nobody"}"#,
        ))
        .await
        .ok();
    clock.advance(Duration::from_hours(31 * 24));
    let noticed = gateway
        .simulator()
        .wait_for_deliveries(|deliveries| !deliveries.is_empty());
    in_time("the expiry event is sent without a call", noticed).await;
    assert!(gateway.simulator().deliveries()[0].body.contains("EXPIRED"));
}

#[tokio::test]
async fn a_second_link_with_the_same_id_is_refused() {
    let gateway = Gateway::start().await;
    gateway.create(link("twice", "")).await.ok();
    let refused = gateway.create(link("twice", "")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "link_post_failed")
    );
    assert_eq!(refused.json()["message"], "Link ID already exists");
    assert_eq!(refused.json()["type"], "invalid_request_error");
    let changed = gateway.control(
        Method::POST,
        "/settings",
        r#"{"duplicate_link_status":400,"duplicate_link_code":"link_already_exists"}"#,
    );
    changed.await.ok();
    let refused = gateway.create(link("twice", "")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "link_already_exists")
    );
}

#[tokio::test]
async fn merchants_do_not_see_each_other() {
    let config = SimulatorConfig::new()
        .with_merchant(Merchant::default())
        .with_merchant(Merchant::new("other", "other-old").with_secret("other-new"));
    let gateway = Gateway::with(config).await;
    gateway.create(link("same", "")).await.ok();
    let payment = gateway
        .simulator()
        .pay("same", PaymentAttempt::new())
        .unwrap();
    let as_other = |method: Method, path: &str, secret: &str, body: &str| {
        let url = format!("{}{path}", gateway.running.api_base_url());
        let request = gateway
            .http
            .request(method, url)
            .header("x-client-id", "other")
            .header("x-client-secret", secret);
        gateway.send(
            request
                .header("x-api-version", "2025-01-01")
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
    };
    for path in [
        "/links/same".to_owned(),
        "/links/same/orders".to_owned(),
        format!("/orders/{}/payments", payment.order_id),
    ] {
        assert_eq!(
            as_other(Method::GET, &path, "other-old", "")
                .await
                .unwrap()
                .status,
            404,
            "{path}"
        );
    }
    assert_eq!(
        as_other(Method::POST, "/links", "other-new", &link("same", ""))
            .await
            .unwrap()
            .status,
        200
    );
    let ambiguous = gateway.simulator().expire("same", None).unwrap_err();
    assert_eq!(ambiguous.field.as_deref(), Some("merchant"));
    gateway.simulator().expire("same", Some("other")).unwrap();
    assert_eq!(
        gateway
            .simulator()
            .link_of(crate::gateway::CLIENT, "same")
            .unwrap()
            .status,
        LinkStatus::Paid
    );
}

#[tokio::test]
async fn state_outlives_a_shutdown() {
    let gateway = Gateway::start().await;
    gateway.create(link("stays", "")).await.ok();
    let simulator = gateway.simulator().clone();
    gateway.running.shutdown().await;
    let again = simulator.start("127.0.0.1:0").await.unwrap();
    assert_eq!(again.simulator().links().len(), 1);
    assert!(
        again
            .simulator()
            .link("stays")
            .unwrap()
            .link_url
            .starts_with(again.url())
    );
    again.shutdown().await;
}
