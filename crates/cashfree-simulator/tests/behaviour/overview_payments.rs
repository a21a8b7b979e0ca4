use cashfree_simulator::{
    DisputeStage, Endpoint, OrderStatus, PaymentAttempt, RefundStatus, SettlementStatus,
};

use crate::gateway::{CLIENT, Gateway, Reply, fast, link};
use crate::markup::{check, tags};
use crate::orders::order;

async fn gateway() -> Gateway {
    let gateway = Gateway::with(fast().with_endpoint(Endpoint::new("http://127.0.0.1:9/"))).await;
    gateway.simulator().update_settings(|settings| {
        settings.webhooks.drop = true;
        settings.refunds_stay_pending = true;
    });
    gateway.create(link("l", "")).await.ok();
    gateway.simulator().pay("l", PaymentAttempt::new()).unwrap();
    gateway.post("/orders", order("o-1", "")).await.ok();
    gateway
}

fn goes_to(reply: &Reply, place: &str) {
    let location = reply.header("location");
    assert_eq!((reply.status, location), (303, place), "{}", reply.text);
}

/// Returns true if the page has an element with this id.
async fn has(gateway: &Gateway, id: &str) -> bool {
    let page = gateway.overview().await.text;
    check(&page);
    tags(&page).iter().any(|tag| tag.get("id") == Some(id))
}

#[tokio::test]
async fn buttons_refund_dispute_and_settle_a_payment() {
    let gateway = gateway().await;
    let simulator = gateway.simulator();
    let order = simulator.orders()[0].clone();
    let payment = order.payments[0].cf_payment_id.as_str();
    assert!(has(&gateway, &format!("auto-refund-{payment}")).await);
    let press = async |action: &str| {
        let fields = [
            ("cf_payment_id", payment),
            ("order_id", &order.order_id),
            ("merchant", CLIENT),
            ("action", action),
        ];
        gateway.submit("/paid", &fields).await
    };
    for action in ["auto_refund", "dispute", "settlement"] {
        goes_to(&press(action).await, "/#links");
    }
    assert_eq!(press("nothing").await.status, 422);
    let settled = simulator.order(&order.order_id, None).unwrap();
    assert_eq!(settled.settlement, Some(SettlementStatus::Success));

    let refund = &simulator.refunds()[0].cf_refund_id;
    assert!(has(&gateway, &format!("refund-succeeds-{refund}")).await);
    let fields = [("cf_refund_id", refund.as_str()), ("outcome", "SUCCESS")];
    goes_to(&gateway.submit("/refunds", &fields).await, "/#links");
    assert_eq!(simulator.refunds()[0].status, RefundStatus::Success);
    assert!(!has(&gateway, &format!("refund-succeeds-{refund}")).await);
    assert_eq!(gateway.submit("/refunds", &fields).await.status, 409);

    let dispute = &simulator.disputes()[0].dispute_id;
    assert!(has(&gateway, &format!("won-{dispute}")).await);
    let fields = [("dispute_id", dispute.as_str()), ("stage", "MERCHANT_WON")];
    goes_to(&gateway.submit("/disputes", &fields).await, "/#disputes");
    assert_eq!(simulator.disputes()[0].stage, DisputeStage::MerchantWon);
    assert!(!has(&gateway, &format!("won-{dispute}")).await);
}

#[tokio::test]
async fn an_order_without_a_link_is_listed_and_can_be_paid() {
    let gateway = gateway().await;
    let order = gateway.simulator().order("o-1", None).unwrap();
    let button = format!("pay-order-{}", order.cf_order_id);
    assert!(has(&gateway, &button).await);
    let fields = [
        ("order_id", "o-1"),
        ("merchant", CLIENT),
        ("action", "SUCCESS"),
    ];
    goes_to(&gateway.submit("/orders", &fields).await, "/#orders");
    let paid = gateway.simulator().order("o-1", None).unwrap();
    assert_eq!(paid.status, OrderStatus::Paid);
    assert!(!has(&gateway, &button).await);
    assert_eq!(gateway.submit("/orders", &fields).await.status, 409);
}

#[tokio::test]
async fn an_endpoint_can_be_pinged_from_the_overview() {
    let gateway = gateway().await;
    let id = gateway.simulator().endpoints()[0].id.to_string();
    let tried = gateway.submit("/endpoints/ping", &[("id", &id)]).await;
    goes_to(&tried, "/#endpoints");
    let latest = gateway.simulator().deliveries().pop().unwrap();
    assert_eq!(latest.event_type.as_str(), "WEBHOOK");
    assert!(
        gateway
            .overview()
            .await
            .text
            .contains("a test of the endpoint")
    );
    assert_eq!(
        gateway
            .submit("/endpoints/ping", &[("id", "99")])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn webhook_faults_and_chaos_are_set_shown_and_cleared() {
    let gateway = gateway().await;
    let fields = [
        ("fault", "drop"),
        ("event", ""),
        ("times", "3"),
        ("delay_ms", "1000"),
    ];
    goes_to(
        &gateway.submit("/webhook-faults", &fields).await,
        "/#webhook-faults",
    );
    let page = gateway.overview().await.text;
    assert!(page.contains("webhook: drop for the next 3"));
    let wrong = [
        ("fault", "drop"),
        ("event", ""),
        ("times", "0"),
        ("delay_ms", ""),
    ];
    assert_eq!(gateway.submit("/webhook-faults", &wrong).await.status, 422);
    goes_to(
        &gateway.submit("/webhook-faults/clear", &[]).await,
        "/#webhook-faults",
    );
    assert!(gateway.simulator().webhook_faults().is_empty());

    assert!(
        gateway
            .overview()
            .await
            .text
            .contains("Random faults are off.")
    );
    let fields = [("seed", "77"), ("profile", "storm")];
    goes_to(&gateway.submit("/chaos", &fields).await, "/#chaos");
    let page = gateway.overview().await.text;
    check(&page);
    assert!(page.contains("Profile storm, seed 77. 0 calls"), "{page}");
    let refused = gateway
        .submit("/chaos", &[("seed", "x"), ("profile", "storm")])
        .await;
    check(&refused.text);
    assert_eq!(refused.status, 422);
    goes_to(&gateway.submit("/chaos/off", &[]).await, "/#chaos");
    assert!(gateway.simulator().settings().chaos.is_none());
}
