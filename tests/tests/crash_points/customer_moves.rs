//! Crashes while customers move to another connection, or leave.

use serde_json::{Value, json};

use crate::customers::Invoice;
use crate::scene::{Outcome, PAID, SECOND, Scene, UNPAID, list};

const NO_LINK: Outcome = Outcome {
    totals: "pending 0 0",
    payments: 0,
    payable: 0,
};
/// The outcome after the only link was cancelled, before another took its place.
const CALLED_OFF: Outcome = Outcome {
    totals: "failed 0 0",
    ..NO_LINK
};

/// Asserts that nothing that was left behind can be paid, or has money that is not posted.
fn assert_nothing_left(sent: &Value) {
    assert_eq!(sent["still_payable"], json!([]), "{sent:#}");
    assert_eq!(sent["unbooked"], json!([]), "{sent:#}");
}

async fn die_moving(scene: &mut Scene, point: &str, invoice: &Invoice) {
    scene.arm(point);
    let moved = scene.try_move_customer(invoice).await;
    assert_eq!(moved, None, "a dead process answers");
    scene.dies(point).await;
}

/// Asserts that the earlier link cannot be paid, and that the new request goes through the other connection and is
/// paid.
async fn pay_through_another_connection(scene: &Scene, invoice: &Invoice, before: &str) {
    scene.expect_ended(before).await;
    scene.expect(invoice, &CALLED_OFF).await;
    let url = scene.ask(invoice).await;
    let shown = scene.api.fetch(&invoice.id).await;
    let latest = list(&shown, "checkouts").last().expect("a checkout");
    assert_eq!(latest["connection"], SECOND);
    scene.expect(invoice, &UNPAID).await;
    scene.on_link(&url, "pay").await;
    scene.expect(invoice, &PAID).await;
}

pub(crate) async fn linked_to_another_connection(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let before = scene.ask(&invoice).await;
    die_moving(scene, point, &invoice).await;
    assert_nothing_left(&scene.move_customer(&invoice).await);
    pay_through_another_connection(scene, &invoice, &before).await;
}

pub(crate) async fn unlinked(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let before = scene.ask(&invoice).await;
    scene.arm(point);
    let unlinked = scene.try_send_customer(&invoice.customer, None).await;
    assert_eq!(unlinked, None, "a dead process answers");
    scene.dies(point).await;
    assert_nothing_left(&scene.send_customer(&invoice.customer, None).await);
    // The customer has no connection through which to ask.
    assert_eq!(scene.try_ask(&invoice).await, None);
    scene.expect_ended(&before).await;
    assert_nothing_left(&scene.move_customer(&invoice).await);
    pay_through_another_connection(scene, &invoice, &before).await;
}

/// Runs the case in which a customer leaves a link that can be paid and one that was paid without a report.
pub(crate) async fn leaves_much_behind(scene: &mut Scene, point: &str) {
    let open = scene.invoice(point).await;
    let purpose = format!("For another customer, at {point}");
    let paid = scene.invoice_to(&open.customer, &purpose).await;
    let before = scene.ask(&open).await;
    let taken = scene.ask(&paid).await;
    let unreported = json!({"fault": "drop", "times": 2});
    scene.webhook_fault(unreported).await;
    scene.on_link(&taken, "pay").await;
    die_moving(scene, point, &open).await;
    assert_nothing_left(&scene.move_customer(&open).await);
    // If this payment is not known by now, the next request for the address finds it.
    assert_eq!(scene.try_ask(&paid).await, None);
    scene.expect(&paid, &PAID).await;
    for webhook in scene.webhooks_of(&taken).await {
        scene.send_again(&webhook).await;
    }
    scene.expect(&paid, &PAID).await;
    pay_through_another_connection(scene, &open, &before).await;
}

/// Runs the case in which a customer leaves a page that cannot be cancelled.
pub(crate) async fn leaves_a_page_behind(scene: &mut Scene, point: &str) {
    let (page, reference) = scene.transfer_asked_for(&format!("{point}-bank")).await;
    die_moving(scene, point, &page).await;
    let moved = scene.move_customer(&page).await;
    let left = list(&moved, "still_payable");
    assert_eq!(left.len(), 1, "{moved:#}");
    assert_eq!(left[0]["reference"], reference.as_str());
    // As long as the page can be paid, no other link is created elsewhere.
    assert_eq!(scene.try_ask(&page).await, None);
    scene.expect(&page, &NO_LINK).await;
    let transfer = format!("T-{}", point.replace('.', "-"));
    scene.report_transfer(&transfer, &reference, "").await;
    scene.expect_posted(&page, &PAID).await;
}
