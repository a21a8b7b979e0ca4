//! Crashes while the payment address is requested.

use cross_crate_tests::Stage;
use serde_json::json;

use crate::customers::Invoice;
use crate::relay::Held;
use crate::scene::{ACCOUNT, PAID, Scene, UNPAID, VOIDED};

/// A time longer than the runtime waits before it concludes that a link was never created.
pub(crate) const PAST_CONSISTENCY_WINDOW_MILLIS: i64 = 3 * 60 * 1000;

/// Crashes while the address is requested; then requests it again, and pays.
async fn ask_twice_and_pay(scene: &mut Scene, point: &str, invoice: &Invoice) {
    scene.arm(point);
    assert_eq!(scene.try_ask(invoice).await, None, "a dead process answers");
    scene.dies(point).await;
    scene.fault("create_link", None).await;
    let url = scene.ask(invoice).await;
    scene.expect(invoice, &UNPAID).await;
    scene.on_link(&url, "pay").await;
    scene.expect(invoice, &PAID).await;
}

pub(crate) async fn first(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    ask_twice_and_pay(scene, point, &invoice).await;
}

/// Requests a link in a call whose result remains unknown to the application.
async fn asked_in_vain(scene: &Scene, invoice: &Invoice) {
    scene.fault("create_link", Some("drop_before_commit")).await;
    assert_eq!(scene.try_ask(invoice).await, None);
    scene.fault("create_link", None).await;
}

pub(crate) async fn again(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    asked_in_vain(scene, &invoice).await;
    ask_twice_and_pay(scene, point, &invoice).await;
}

/// Requests the address of a link that was returned before.
pub(crate) async fn for_the_same_link(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.ask(&invoice).await;
    ask_twice_and_pay(scene, point, &invoice).await;
}

pub(crate) async fn refused(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.fault("create_link", Some("error_400_stored")).await;
    ask_twice_and_pay(scene, point, &invoice).await;
}

/// Runs the case in which the result of an earlier request is unknown, so that the gateway is asked for the link.
pub(crate) async fn refused_again(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    asked_in_vain(scene, &invoice).await;
    let moment = "tried_at";
    scene
        .database
        .move_back(moment, &invoice.id, PAST_CONSISTENCY_WINDOW_MILLIS)
        .await;
    scene.fault("create_link", Some("error_400_stored")).await;
    ask_twice_and_pay(scene, point, &invoice).await;
}

/// Runs the case in which another party created a link under the same reference, over another amount.
pub(crate) async fn something_else_is_there(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    asked_in_vain(scene, &invoice).await;
    let shown = scene.api.fetch(&invoice.id).await;
    let link = json!({
        "link_id": shown["checkouts"][0]["reference"], "link_amount": 77, "link_currency": "INR",
        "link_purpose": shown["purpose"], "customer_details": {"customer_phone": "9000000001"},
    });
    let made = reqwest::Client::new()
        .post(format!("{}/pg/links", scene.gate.url()))
        .header("x-client-id", ACCOUNT)
        .header("x-client-secret", Stage::SECRET)
        .header("x-api-version", "2025-01-01")
        .json(&link)
        .send();
    assert!(made.await.expect("an answer").status().is_success());
    ask_twice_and_pay(scene, point, &invoice).await;
}

/// Voids the invoice after the gateway created its link, and before its answer arrives.
pub(crate) async fn withdrawn_meanwhile(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.gate.hold(Held::Answers);
    scene.arm(point);
    let asked = scene.try_ask(&invoice);
    let voided = async {
        scene.gate.holds_one().await;
        let voided = scene.try_void(&invoice);
        let release = async {
            while scene.api.fetch(&invoice.id).await["status"] != "voided" {
                tokio::task::yield_now().await;
            }
            scene.gate.hold(Held::Nothing);
        };
        tokio::join!(voided, release)
    };
    let (url, _) = tokio::join!(asked, voided);
    assert_eq!(url, None);
    scene.dies(point).await;
    scene.void(&invoice).await;
    assert_eq!(scene.try_ask(&invoice).await, None);
    scene.expect(&invoice, &VOIDED).await;
}

/// Voids the invoice before the request for its link arrives at the gateway. Voiding finds no link to end, so the end
/// of the link is the work of the call that created it.
pub(crate) async fn withdrawn_before_it_is_made(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    scene.gate.hold(Held::Creations);
    let asked = scene.try_ask(&invoice);
    let voided = async {
        scene.gate.holds_one().await;
        let voided = scene.try_void(&invoice).await.expect("an invoice");
        let still = voided["still_payable"].as_array().map(Vec::len);
        assert_eq!(still, Some(1), "{voided}");
        scene.arm(point);
        scene.gate.hold(Held::Nothing);
    };
    let (url, ()) = tokio::join!(asked, voided);
    assert_eq!(url, None, "a dead process answers");
    scene.dies(point).await;
    scene.void(&invoice).await;
    assert_eq!(scene.try_ask(&invoice).await, None);
    scene.expect(&invoice, &VOIDED).await;
}
