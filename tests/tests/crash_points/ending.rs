//! Crashes while links are closed and invoices are voided.

use cross_crate_tests::Stage;
use serde_json::json;
use test_support::until;

use crate::asking::PAST_CONSISTENCY_WINDOW_MILLIS;
use crate::customers::Invoice;
use crate::scene::{ACCOUNT, PAID, PAID_AND_VOIDED, Scene, UNPAID, VOIDED};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Crashes while an invoice is voided.
async fn die_voiding(scene: &mut Scene, point: &str, invoice: &Invoice) {
    scene.arm(point);
    let voided = scene.try_void(invoice).await;
    assert_eq!(voided, None, "a dead process answers");
    scene.dies(point).await;
}

/// Moves the customer to another connection, and closes the links on the one before. If the process crashes meanwhile,
/// the same call finishes the work.
pub(crate) async fn replaced(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let before = scene.ask(&invoice).await;
    scene.arm(point);
    let moved = scene.try_move_customer(&invoice).await;
    assert_eq!(moved, None, "a dead process answers");
    scene.dies(point).await;
    scene.move_customer(&invoice).await;
    let url = scene.ask(&invoice).await;
    assert_ne!(url, before);
    scene.expect(&invoice, &UNPAID).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
}

pub(crate) async fn voided(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.ask(&invoice).await;
    die_voiding(scene, point, &invoice).await;
    scene.void(&invoice).await;
    scene.expect(&invoice, &VOIDED).await;
}

/// Runs the case in which the request for the link never arrived, some time ago.
pub(crate) async fn never_made(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.fault("create_link", Some("drop_before_commit")).await;
    assert_eq!(scene.try_ask(&invoice).await, None);
    scene.fault("create_link", None).await;
    let moment = "tried_at";
    scene
        .database
        .move_back(moment, &invoice.id, PAST_CONSISTENCY_WINDOW_MILLIS)
        .await;
    die_voiding(scene, point, &invoice).await;
    scene.void(&invoice).await;
    scene.expect(&invoice, &VOIDED).await;
}

/// Runs the case in which the link expired long ago without an event, and the gateway does not accept the keys any
/// more.
pub(crate) async fn keys_are_revoked(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene.webhook_fault(json!({"fault": "drop"})).await;
    scene.on_link(&url, "expire").await;
    scene
        .database
        .move_back("expires_at", &invoice.id, 9 * DAY_MILLIS)
        .await;
    accept_key(scene, "another_key").await;
    die_voiding(scene, point, &invoice).await;
    accept_key(scene, Stage::SECRET).await;
    scene.void(&invoice).await;
    scene.expect(&invoice, &VOIDED).await;
}

async fn accept_key(scene: &Scene, key: &str) {
    let merchant = json!({"client_id": ACCOUNT, "client_secrets": [key]});
    scene.control.post("merchants", &merchant).await;
}

/// Closes a checkout by time, at a gateway without a status API: until the checkout expires it stays payable, and is
/// reported as such; after that it is closed.
pub(crate) async fn by_clock(scene: &mut Scene, point: &str) {
    for is_over in [false, true] {
        let invoice = scene.bank_invoice(&format!("{point}-{is_over}")).await;
        scene.ask(&invoice).await;
        if is_over {
            let moment = "expires_at";
            scene
                .database
                .move_back(moment, &invoice.id, 9 * DAY_MILLIS)
                .await;
        }
        die_voiding(scene, point, &invoice).await;
        let voided = scene.try_void(&invoice).await.expect("an invoice");
        let still = voided["still_payable"].as_array().map(Vec::len);
        assert_eq!(still, Some(usize::from(!is_over)), "{voided}");
        scene.expect(&invoice, &VOIDED).await;
    }
}

/// Voids an invoice with a payment that no webhook reported; voiding finds it.
pub(crate) async fn voided_after_unreported_payment(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene
        .webhook_fault(json!({"fault": "drop", "times": 2}))
        .await;
    scene.on_link(&url, "pay").await;
    die_voiding(scene, point, &invoice).await;
    scene.void(&invoice).await;
    scene.expect(&invoice, &PAID_AND_VOIDED).await;
    // The webhooks arrive after all.
    for webhook in scene.webhooks_of(&url).await {
        scene.send_again(&webhook).await;
    }
    scene.expect(&invoice, &PAID_AND_VOIDED).await;
}

/// Voids an invoice whose link the gateway cannot cancel at that time: the application cancels it by itself later.
pub(crate) async fn cancelled_later(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.ask(&invoice).await;
    scene.fault("cancel_link", Some("error_500")).await;
    let voided = scene.try_void(&invoice).await.expect("an invoice");
    let still = voided["still_payable"].as_array().map(Vec::len);
    assert_eq!(still, Some(1), "{voided}");
    if point.starts_with("cancel-done") {
        scene.fault("cancel_link", None).await;
    }
    scene.arm(point);
    scene.database.end_waits_of_cancels().await;
    scene.dies(point).await;
    scene.fault("cancel_link", None).await;
    until(async || {
        scene.database.end_waits_of_cancels().await;
        let shown = scene.api.fetch(&invoice.id).await;
        let link = &shown["checkouts"][0];
        if link["state"] == "cancelled" && link["cancel"].is_null() {
            Ok(())
        } else {
            Err(format!("it is {link:#}"))
        }
    })
    .await;
    scene.expect(&invoice, &VOIDED).await;
}
