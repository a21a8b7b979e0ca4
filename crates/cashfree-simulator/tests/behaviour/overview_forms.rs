use std::time::Duration;

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, Endpoint, LinkStatus, Merchant, PaymentAttempt,
    PaymentStatus, SimulatorConfig,
};

use crate::gateway::{CLIENT, Gateway, Receiver, Reply, fast, link};
use crate::markup::{check, value};

fn went_back(reply: &Reply, to: &str) {
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, to),
        "{}",
        reply.text
    );
}

fn statuses(gateway: &Gateway, id: &str) -> (LinkStatus, Vec<PaymentStatus>) {
    let link = gateway.simulator().link(id).unwrap();
    let payments = link.orders.iter().flat_map(|order| &order.payments);
    (
        link.status,
        payments.map(|payment| payment.status).collect(),
    )
}

#[tokio::test]
async fn the_buttons_of_a_link_act_on_it() {
    use PaymentStatus::{Failed, Pending, Success};
    let gateway = Gateway::start().await;
    for (action, status, payments) in [
        ("pay", LinkStatus::Paid, &[Success][..]),
        ("fail", LinkStatus::Active, &[Failed]),
        ("pending", LinkStatus::Active, &[Pending]),
        ("expire", LinkStatus::Expired, &[]),
    ] {
        gateway.create(link(action, "")).await.ok();
        let page = gateway.overview().await.text;
        assert!(page.contains(&format!("name=\"action\" value=\"{action}\"")));
        let fields = [
            ("link_id", action),
            ("merchant", CLIENT),
            ("action", action),
        ];
        went_back(&gateway.submit("/links", &fields).await, "/#links");
        assert_eq!(
            statuses(&gateway, action),
            (status, payments.to_vec()),
            "{action}"
        );
    }
    let late = [
        ("link_id", "expire"),
        ("merchant", CLIENT),
        ("action", "late"),
    ];
    went_back(&gateway.submit("/links", &late).await, "/#links");
    assert_eq!(
        statuses(&gateway, "expire"),
        (LinkStatus::Paid, vec![Success])
    );

    for (fields, status, words) in [
        (
            [("link_id", "pay"), ("merchant", CLIENT), ("action", "pay")],
            409,
            "takes no payment",
        ),
        (
            [
                ("link_id", "pay"),
                ("merchant", CLIENT),
                ("action", "expire"),
            ],
            409,
            "already PAID",
        ),
        (
            [("link_id", "none"), ("merchant", CLIENT), ("action", "pay")],
            404,
            "not found",
        ),
        (
            [("link_id", "fail"), ("merchant", "none"), ("action", "pay")],
            404,
            "not found",
        ),
        (
            [
                ("link_id", "fail"),
                ("merchant", CLIENT),
                ("action", "burn"),
            ],
            422,
            "is unknown",
        ),
    ] {
        let refused = gateway.submit("/links", &fields).await;
        check(&refused.text);
        assert_eq!(refused.status, status, "{fields:?}");
        assert!(refused.text.contains("role=\"alert\"") && refused.text.contains(words));
    }
    assert_eq!(
        statuses(&gateway, "fail"),
        (LinkStatus::Active, vec![Failed])
    );
}

#[tokio::test]
async fn pending_payments_are_completed_by_their_buttons() {
    let gateway = Gateway::start().await;
    for outcome in ["SUCCESS", "FAILED", "USER_DROPPED"] {
        gateway.create(link(outcome, "")).await.ok();
        let begun = gateway
            .simulator()
            .leave_pending(outcome, PaymentAttempt::new());
        let id = begun.unwrap().cf_payment_id;
        let fields = [("cf_payment_id", id.as_str()), ("outcome", outcome)];
        went_back(&gateway.submit("/payments", &fields).await, "/#links");
        let (_, payments) = statuses(&gateway, outcome);
        assert_eq!(payments, [outcome.parse().unwrap()]);
        assert_eq!(gateway.submit("/payments", &fields).await.status, 409);
    }
    let unclear = gateway.submit("/payments", &[("cf_payment_id", "1")]).await;
    assert_eq!(unclear.status, 422);
}

#[tokio::test]
async fn endpoints_are_added_and_removed_and_deliveries_resent() {
    let gateway = Gateway::with(fast()).await;
    let receiver = Receiver::start().await;
    let fields = [
        ("url", receiver.url.as_str()),
        ("version", "2023-08-01"),
        ("events", "PAYMENT_LINK_EVENT"),
        ("events", "PAYMENT_FAILED_WEBHOOK"),
    ];
    went_back(&gateway.submit("/endpoints", &fields).await, "/#endpoints");
    let endpoint = gateway.simulator().endpoints().remove(0);
    assert_eq!(
        (
            endpoint.url.as_str(),
            endpoint.version.as_str(),
            endpoint.events.len()
        ),
        (receiver.url.as_str(), "2023-08-01", 2)
    );
    gateway.create(link("sent", "")).await.ok();
    gateway.cancel("sent").await.ok();
    gateway.idle().await;
    went_back(
        &gateway.submit("/deliveries", &[("id", "1")]).await,
        "/#deliveries",
    );
    gateway.idle().await;
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 2);
    assert_eq!(arrivals[0].body, arrivals[1].body);
    assert_eq!(
        gateway.submit("/deliveries", &[("id", "7")]).await.status,
        404
    );
    assert_eq!(
        gateway.submit("/deliveries", &[("id", "x")]).await.status,
        422
    );

    for (fields, words) in [
        (
            &[
                ("url", "nowhere"),
                ("version", "2025-01-01"),
                ("events", "PAYMENT_LINK_EVENT"),
            ][..],
            "http or https",
        ),
        (
            &[("url", "http://127.0.0.1/"), ("version", "2025-01-01")],
            "at least one",
        ),
        (
            &[
                ("url", "http://127.0.0.1/"),
                ("version", "1999-01-01"),
                ("events", "PAYMENT_LINK_EVENT"),
            ],
            "version",
        ),
    ] {
        let refused = gateway.submit("/endpoints", fields).await;
        check(&refused.text);
        assert!(
            refused.status == 422 && refused.text.contains(words),
            "{words}"
        );
        assert_eq!(value(&refused.text, "url"), fields[0].1);
    }
    let id = endpoint.id.to_string();
    let fields = [("id", id.as_str())];
    went_back(
        &gateway.submit("/endpoints/remove", &fields).await,
        "/#endpoints",
    );
    assert!(gateway.simulator().endpoints().is_empty());
    assert_eq!(
        gateway.submit("/endpoints/remove", &fields).await.status,
        404
    );
    gateway
        .simulator()
        .add_endpoint(Endpoint::new(&receiver.url))
        .unwrap();
    assert!(
        gateway
            .overview()
            .await
            .text
            .contains("version 2025-01-01, all events")
    );
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let gateway = Gateway::start().await;
    let fields = [
        ("operation", "fetch_link"),
        ("fault", "rate_limited"),
        ("times", "2"),
        ("delay_ms", "5"),
        ("retry_seconds", "7"),
    ];
    went_back(&gateway.submit("/faults", &fields).await, "/#faults");
    let wanted = ApiFaultRule::once(ApiOperation::FetchLink, ApiFault::RateLimited)
        .with_times(2)
        .with_delay(Duration::from_millis(5))
        .with_retry_seconds(7);
    assert_eq!(gateway.simulator().faults(), [wanted]);
    gateway.simulator().update_settings(|settings| {
        settings
            .faults
            .insert(ApiOperation::ListOrders, ApiFault::NotFound);
    });
    let page = gateway.overview().await.text;
    assert!(page.contains("fetch_link: rate_limited for the next 2 calls, after 5 ms"));
    assert!(page.contains("list_orders: not_found for every call"));

    let refused = [
        ("operation", "fetch_link"),
        ("fault", "delay"),
        ("times", "0"),
        ("delay_ms", "ten"),
    ];
    let refused = gateway.submit("/faults", &refused).await;
    check(&refused.text);
    assert_eq!(
        (refused.status, value(&refused.text, "delay_ms").as_str()),
        (422, "ten")
    );
    assert_eq!(gateway.simulator().faults().len(), 1);

    went_back(&gateway.submit("/faults/clear", &[]).await, "/#faults");
    assert!(gateway.simulator().faults().is_empty());
    assert!(gateway.simulator().settings().faults.is_empty());
}

#[tokio::test]
async fn the_clock_advances_by_any_unit() {
    let start = "2026-01-15T10:00:00Z".parse().unwrap();
    let clock = std::sync::Arc::new(cashfree_simulator::ManualClock::new(start));
    let gateway = Gateway::with(fast().with_clock(clock)).await;
    for (count, unit, seconds) in [
        ("5", "seconds", 5),
        ("2", "minutes", 120),
        ("3", "hours", 10_800),
        ("31", "days", 2_678_400),
    ] {
        let before = gateway.simulator().now();
        let fields = [("advance_seconds", count), ("unit", unit)];
        went_back(&gateway.submit("/clock", &fields).await, "/#clock");
        let passed = gateway.simulator().now().duration_since(before);
        assert_eq!(passed.as_secs(), seconds, "{unit}");
    }
    let before = gateway.simulator().now();
    for count in [
        "",
        "-1",
        "1.5",
        "ten",
        "99999999999",
        "18446744073709551615",
    ] {
        let refused = gateway
            .submit("/clock", &[("advance_seconds", count), ("unit", "days")])
            .await;
        assert_eq!(
            (
                refused.status,
                value(&refused.text, "advance_seconds").as_str()
            ),
            (422, count)
        );
    }
    assert_eq!(gateway.simulator().now(), before);
}

#[tokio::test]
async fn a_button_acts_on_the_link_of_its_merchant() {
    let config = SimulatorConfig::new()
        .with_merchant(Merchant::default())
        .with_merchant(Merchant::new("second", "secret"));
    let gateway = Gateway::with(config).await;
    gateway.create(link("same", "")).await.ok();
    let request = gateway
        .http
        .post(format!("{}/links", gateway.running.api_base_url()))
        .header("x-client-id", "second")
        .header("x-client-secret", "secret")
        .header("x-api-version", "2025-01-01")
        .header("content-type", "application/json")
        .body(link("same", ""));
    gateway.send(request).await.unwrap().ok();
    check(&gateway.overview().await.text);
    let fields = [
        ("link_id", "same"),
        ("merchant", "second"),
        ("action", "pay"),
    ];
    went_back(&gateway.submit("/links", &fields).await, "/#links");
    let status = |merchant| {
        gateway
            .simulator()
            .link_of(merchant, "same")
            .unwrap()
            .status
    };
    assert_eq!(
        (status(CLIENT), status("second")),
        (LinkStatus::Active, LinkStatus::Paid)
    );
}
