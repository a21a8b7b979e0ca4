//! Crashes of the operator's program, after which the same command is given again; and of the application, when the
//! gateway reports a payment that was recorded manually.

use serde_json::{Value, json};
use test_support::until;

use crate::bank::AMOUNT_IN_WORDS;
use crate::customers::Invoice;
use crate::operator::NEW_SECRET;
use crate::payment_reports::{report_by_one_webhook, report_late};
use crate::scene::{AMOUNT, PAID, Scene, list};

/// Returns the number of lines in an invoice's history that record manual payments.
fn manual_lines(shown: &Value) -> usize {
    let lines = list(shown, "history").iter();
    lines
        .filter(|line| line["kind"] == "booked_by_hand")
        .count()
}

fn record<'a>(invoice: &'a Invoice, reference: &'a str, name: [&'a str; 2]) -> Vec<&'a str> {
    let what = ["--checkout", reference, "--amount", AMOUNT_IN_WORDS];
    let why = ["--by", "Asha", "--note", "it is on the bank's statement"];
    let start = ["ledger", "record-payment", &invoice.id];
    [&start[..], &what, &name, &why].concat()
}

/// Records a transfer that was never reported.
pub(crate) async fn manual_payment(scene: &mut Scene, point: &str) {
    let (invoice, reference) = scene.transfer_asked_for(point).await;
    let transfer = format!("T-{reference}");
    let command = record(&invoice, &reference, ["--payment", &transfer]);
    scene.operator_dies(point, &command).await;
    let recorded = scene.operator(&command).await;
    assert_eq!(
        recorded["is_new"],
        point != "manual.committed",
        "{recorded:#}"
    );
    assert_eq!(recorded["credited_cents"], AMOUNT, "{recorded:#}");
    let shown = scene.expect_posted(&invoice, &PAID).await;
    assert_eq!(manual_lines(&shown), 1, "{shown:#}");
    // The report arrives after all.
    scene.report_transfer(&transfer, &reference, "").await;
    scene.expect_posted(&invoice, &PAID).await;
}

/// Records a stated total under a key of the operator's; then the gateway reports the payment. No program here is a
/// gateway that states totals and has no status API, so the total is written into the database in place of its
/// statement.
pub(crate) async fn reported_after_all(scene: &mut Scene, point: &str) {
    let (invoice, reference) = scene.transfer_asked_for(point).await;
    scene.database.state_paid(&invoice.id, AMOUNT).await;
    let key = format!("statement-{reference}");
    let command = record(&invoice, &reference, ["--key", &key]);
    assert_eq!(scene.operator(&command).await["is_new"], true);
    scene.expect_posted(&invoice, &PAID).await;
    let transfer = format!("T-{reference}");
    scene.arm(point);
    scene.report_transfer(&transfer, &reference, "").await;
    scene.dies(point).await;
    let explained = |shown: &Value| manual_lines(shown) == 2;
    scene.wait_until(&invoice, explained).await;
    // The same transfer arrives in other bytes, and the operator repeats the command.
    scene.report_transfer(&transfer, &reference, "  ").await;
    assert_eq!(scene.operator(&command).await["is_new"], false);
    let shown = scene.expect_posted(&invoice, &PAID).await;
    assert_eq!(list(&shown, "payments").len(), 1, "{shown:#}");
    assert_eq!(shown["payments"][0]["id"], transfer.as_str());
    assert!(explained(&shown), "{shown:#}");
}

/// Writes off a stated total that never arrived; then the payer pays after all. The total is written into the database,
/// as above.
pub(crate) async fn written_off(scene: &mut Scene, point: &str) {
    let (invoice, reference) = scene.transfer_asked_for(point).await;
    scene.database.state_paid(&invoice.id, AMOUNT).await;
    let start = ["ledger", "write-off", &invoice.id, "--checkout", &reference];
    let why = ["--by", "Asha", "--note", "the bank took it back"];
    let off = [&start[..], &why].concat();
    scene.operator_dies(point, &off).await;
    let written = scene.operator(&off).await;
    let is_new = point != "write-off.committed";
    assert_eq!(written["is_new"], is_new, "{written:#}");
    assert_eq!(written["written_off_cents"], AMOUNT, "{written:#}");
    let lines = |shown: &Value| {
        let lines = list(shown, "history").iter();
        lines.filter(|line| line["kind"] == "written_off").count()
    };
    assert_eq!(lines(&scene.api.fetch(&invoice.id).await), 1);
    // The address is returned again: the stated total is no longer expected.
    scene.ask(&invoice).await;
    let transfer = format!("T-{reference}");
    scene.report_transfer(&transfer, &reference, "").await;
    let shown = scene.expect_posted(&invoice, &PAID).await;
    assert_eq!(lines(&shown), 2, "{shown:#}");
}

/// Returns an invoice that was paid, and the key of a webhook about it that cannot be applied while the gateway is
/// unavailable.
async fn webhook_waits(scene: &Scene, point: &str) -> (Invoice, String) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    report_late(scene).await;
    report_by_one_webhook(scene).await;
    scene.fault("fetch_link", Some("error_500")).await;
    scene.on_link(&url, "pay").await;
    let waiting = ["inbox", "list", "--state", "pending"];
    for _ in 0..200 {
        let found = scene.operator(&waiting).await;
        if let [webhook] = list(&found, "deliveries") {
            let key = webhook["key"].as_str().expect("a key").to_owned();
            return (invoice, key);
        }
    }
    panic!("no webhook waits");
}

async fn expect_state(scene: &Scene, key: &str, state: &str) {
    let shown = scene.operator(&["inbox", "show", key]).await;
    assert_eq!(shown["state"], state, "{shown:#}");
}

fn park(key: &str) -> [&str; 5] {
    [
        "inbox",
        "park",
        key,
        "--reason",
        "the amount is looked into",
    ]
}

pub(crate) async fn taken_out(scene: &mut Scene, point: &str) {
    let (invoice, key) = webhook_waits(scene, point).await;
    scene.operator_dies(point, &park(&key)).await;
    let parked = scene.operator(&park(&key)).await;
    assert_eq!(parked["parked"], point != "park.committed", "{parked:#}");
    expect_state(scene, &key, "parked").await;
    scene.fault("fetch_link", None).await;
    let replayed = scene.operator(&["inbox", "replay", &key]).await;
    assert_eq!(replayed["replayed"], 1, "{replayed:#}");
    scene.expect(&invoice, &PAID).await;
}

/// Retries a parked webhook by its key, and then all that were parked.
pub(crate) async fn tried_again(scene: &mut Scene, point: &str) {
    for all in [false, true] {
        let (invoice, key) = webhook_waits(scene, &format!("{point}-{all}")).await;
        scene.operator(&park(&key)).await;
        scene.fault("fetch_link", None).await;
        let which = if all { "--all-parked" } else { &key };
        let replay = ["inbox", "replay", which];
        scene.operator_dies(point, &replay).await;
        if point == "replay.before-commit" {
            expect_state(scene, &key, "parked").await;
        }
        scene.operator(&replay).await;
        scene.expect(&invoice, &PAID).await;
        expect_state(scene, &key, "applied").await;
    }
}

/// Replaces a secret, and retires the one before it once the gateway has forgotten it.
pub(crate) async fn secrets_change(scene: &mut Scene, point: &str) {
    const OLD: &str = "the-secret-that-it-had-before";
    let code = point.replace('.', "-");
    let account = format!("TEST_{}", code.replace('-', "_").to_uppercase());
    let accept = async |scene: &Scene, secrets: &[&str]| {
        let merchant = json!({"client_id": account, "client_secrets": secrets});
        scene.control.post("merchants", &merchant).await;
    };
    accept(scene, &[OLD, NEW_SECRET]).await;
    let connection = scene.connection(&code, &account, OLD);
    let made = scene.api.expect("/api/v1/connections", &connection, 201);
    made.await;

    let commands = ["rotate-secret", "retire-secrets"];
    for (command, secrets) in commands.into_iter().zip([2, 1]) {
        let command = ["connections", command, &code, "client_secret"];
        scene.operator_dies(point, &command).await;
        let changed = scene.operator(&command).await;
        assert_eq!(
            changed["secrets"],
            json!([{"field": "client_secret", "count": secrets}])
        );
        accept(scene, &[NEW_SECRET]).await;
        let payer = format!("{point}-{secrets}");
        let invoice = scene.invoice_through(&payer, "cashfree", &code).await;
        let url = scene.ask(&invoice).await;
        scene.on_link(&url, "pay").await;
        scene.expect(&invoice, &PAID).await;
    }
}

/// The application drops the content of an old webhook, or removes it; the gateway sends the webhook once more.
pub(crate) async fn webhooks_grow_old(scene: &mut Scene, point: &str) {
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
    let is_removed = point.starts_with("remove");
    scene
        .database
        .age_deliveries(if is_removed { 401 } else { 31 })
        .await;
    scene.dies_when_started(point).await;
    until(async || {
        let found = scene
            .operator(&["inbox", "list", "--state", "applied"])
            .await;
        let kept = list(&found, "deliveries").iter();
        let kept = kept.filter(|it| is_removed || it["dropped_at"].is_null());
        match kept.count() {
            0 => Ok(()),
            left => Err(format!("{left} old webhooks are left: {found:#}")),
        }
    })
    .await;
    for webhook in scene.webhooks_of(&url).await {
        scene.send_again(&webhook).await;
    }
    scene.expect(&invoice, &PAID).await;
}
