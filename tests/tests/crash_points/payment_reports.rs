//! Crashes while the gateway reports payments.

use serde_json::{Value, json};

use crate::customers::Invoice;
use crate::scene::{PAID, Scene, UNPAID};

const LINK_EVENT: &str = "PAYMENT_LINK_EVENT";
const PAYMENT_EVENT: &str = "PAYMENT_SUCCESS_WEBHOOK";

/// Makes the gateway send one webhook for a payment. It reports a payment twice, by the link's event and by the
/// payment's. Only the second is sent from here on, once, so that the loss of one is not made good by the other.
pub(crate) async fn report_by_one_webhook(scene: &Scene) {
    let fault = json!({"fault": "drop", "event": LINK_EVENT});
    scene.webhook_fault(fault).await;
}

/// Crashes while a payment is reported.
async fn die_paid(scene: &mut Scene, point: &str) -> Invoice {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    report_by_one_webhook(scene).await;
    scene.arm(point);
    scene.on_link(&url, "pay").await;
    scene.dies(point).await;
    invoice
}

pub(crate) async fn paid(scene: &mut Scene, point: &str) {
    let invoice = die_paid(scene, point).await;
    scene.expect(&invoice, &PAID).await;
}

/// Makes every webhook of the next payment too old to be trusted, so that the gateway is asked.
pub(crate) async fn report_late(scene: &Scene) {
    let fault = json!({"fault": "old_timestamp", "event": PAYMENT_EVENT});
    scene.webhook_fault(fault).await;
}

pub(crate) async fn reported_late(scene: &mut Scene, point: &str) {
    report_late(scene).await;
    let invoice = die_paid(scene, point).await;
    scene.expect(&invoice, &PAID).await;
}

pub(crate) async fn gateway_is_away(scene: &mut Scene, point: &str) {
    report_late(scene).await;
    scene.fault("fetch_link", Some("error_500")).await;
    let invoice = die_paid(scene, point).await;
    scene.fault("fetch_link", None).await;
    scene.expect(&invoice, &PAID).await;
}

/// Runs the case in which the gateway states a total before it lists the payments.
pub(crate) async fn list_lags(scene: &mut Scene, point: &str) {
    report_late(scene).await;
    scene.gate.hide_orders(true);
    let invoice = die_paid(scene, point).await;
    scene.gate.hide_orders(false);
    scene.expect(&invoice, &PAID).await;
}

/// Runs the case in which the payer's first attempt fails.
pub(crate) async fn failed(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene.arm(point);
    scene.on_link(&url, "fail").await;
    scene.dies(point).await;
    let failed = |shown: &Value| {
        shown["payments"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
    };
    scene.wait_until(&invoice, failed).await;
    assert_eq!(scene.ask(&invoice).await, url);
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
}

fn of_type(webhooks: &[Value], event: &str) -> Value {
    let found = webhooks.iter().find(|it| it["event_type"] == event);
    found.expect("a webhook of this type").clone()
}

pub(crate) async fn reported_twice(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
    let webhooks = scene.webhooks_of(&url).await;
    scene.arm(point);
    let webhook = of_type(&webhooks, LINK_EVENT);
    scene.send_again(&webhook).await;
    scene.dies(point).await;
    // The gateway does not repeat a manually sent webhook by itself.
    scene.send_again(&webhook).await;
    scene.expect(&invoice, &PAID).await;
}

/// Runs the case in which the link's event names a payment by another id than the payment's event, which was applied
/// before.
pub(crate) async fn under_another_id(scene: &mut Scene, point: &str) {
    let differ = |differ: bool| json!({"transaction_id_unlike_payment_id": differ});
    scene.control.post("settings", &differ(true)).await;
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    report_by_one_webhook(scene).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
    let webhooks = scene.webhooks_of(&url).await;
    scene.arm(point);
    let webhook = of_type(&webhooks, LINK_EVENT);
    scene.send_again(&webhook).await;
    scene.dies(point).await;
    // The gateway does not repeat a manually sent webhook by itself.
    scene.send_again(&webhook).await;
    scene.expect(&invoice, &PAID).await;
    scene.control.post("settings", &differ(false)).await;
}

/// Runs the case in which only the link's event arrives, with another id than the gateway lists: the payment is posted
/// under the listed id. Later its own event arrives.
pub(crate) async fn by_the_link_event_alone(scene: &mut Scene, point: &str) {
    let differ = |differ: bool| json!({"transaction_id_unlike_payment_id": differ});
    scene.control.post("settings", &differ(true)).await;
    let code = scene.connect_once("link-events").await;
    let invoice = scene.invoice_through(point, "cashfree", code).await;
    let url = scene.ask(&invoice).await;
    let unreported = json!({"fault": "drop", "event": PAYMENT_EVENT});
    scene.webhook_fault(unreported).await;
    scene.arm(point);
    let paid = scene.on_link(&url, "pay").await;
    scene.dies(point).await;
    let true_id = &paid["payment"]["cf_payment_id"];
    scene.expect(&invoice, &PAID).await;
    let learnt = |shown: &Value| &shown["payments"][0]["id"] == true_id;
    let shown = scene.api.fetch(&invoice.id).await;
    assert!(learnt(&shown), "{shown:#}");
    for webhook in scene.webhooks_of(&url).await {
        scene.send_again(&webhook).await;
    }
    scene.expect(&invoice, &PAID).await;
    let shown = scene.api.fetch(&invoice.id).await;
    assert_eq!(shown["payments"].as_array().map(Vec::len), Some(1));
    assert!(learnt(&shown), "{shown:#}");
    scene.control.post("settings", &differ(false)).await;
}

/// Runs the case in which the link's event arrives before the gateway's status API shows the payment.
pub(crate) async fn gateway_lags(scene: &mut Scene, point: &str) {
    // No payment event was ever received through this connection, so none is waited for.
    let code = scene.connect_once("lagging-links").await;
    let invoice = scene.invoice_through(point, "cashfree", code).await;
    let url = scene.ask(&invoice).await;
    let unreported = json!({"fault": "drop", "event": PAYMENT_EVENT});
    scene.webhook_fault(unreported).await;
    scene.gate.hide_payments(true);
    scene.arm(point);
    scene.on_link(&url, "pay").await;
    scene.dies(point).await;
    scene.gate.hide_payments(false);
    scene.expect(&invoice, &PAID).await;
}

/// Lets a payment that was begun on an earlier link arrive while another link can be paid.
pub(crate) async fn paid_on_an_earlier_link(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    let pending = scene.on_link(&url, "pending").await;
    scene.move_customer(&invoice).await;
    assert_ne!(scene.ask(&invoice).await, url);
    scene.expect(&invoice, &UNPAID).await;
    let payment = pending["payment"]["cf_payment_id"].to_string();
    let path = format!("payments/{}/settle", payment.replace('"', ""));
    report_by_one_webhook(scene).await;
    scene.arm(point);
    scene
        .control
        .post(&path, &json!({"outcome": "SUCCESS"}))
        .await;
    scene.dies(point).await;
    scene.expect(&invoice, &PAID).await;
}
