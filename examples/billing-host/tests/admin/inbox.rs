//! `billing-host inbox`.

use crate::fixture::{AdminFixture, on_both_databases};

on_both_databases! {
    a_parked_webhook_is_listed_and_a_replay_posts_its_payment_once,
}

async fn a_parked_webhook_is_listed_and_a_replay_posts_its_payment_once(admin: AdminFixture) {
    let invoice = admin.paid_invoice().await;
    let listed = admin.json(&["inbox", "list", "--connection", "simulator"]);
    let delivery = &listed["deliveries"][0];
    let key = delivery["key"].as_str().unwrap().to_owned();
    assert_eq!(delivery["state"], "applied");
    let table = admin.succeeds(&["inbox", "list"]);
    assert!(table.starts_with("RECEIVED "), "{table}");
    assert!(table.contains(&key) && table.contains("applied"), "{table}");

    // Pages of one webhook list each webhook once.
    let count = listed["deliveries"].as_array().unwrap().len();
    let mut after = Vec::new();
    let mut seen = Vec::new();
    loop {
        let mut arguments = vec!["inbox", "list", "--limit", "1"];
        arguments.extend(after.iter().map(String::as_str));
        let page = admin.json(&arguments);
        seen.push(page["deliveries"][0]["key"].clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = vec!["--after".to_owned(), next.to_owned()];
    }
    assert_eq!(seen.len(), count);

    let shown = admin.succeeds(&["inbox", "show", &key]);
    assert!(shown.contains("state        applied\n"), "{shown}");
    assert!(
        shown.contains("\"type\":\""),
        "the body is missing: {shown}"
    );
    let refused = admin.fails(&["inbox", "park", &key, "--reason", "too late"]);
    assert!(
        refused.contains("the delivery is applied already"),
        "{refused}"
    );

    // Makes the webhooks parkable, as if they had matched no payable.
    admin
        .tamper("UPDATE @deliveries SET state = 'unmatched'")
        .await;
    let parked = admin.succeeds(&["inbox", "park", &key, "--reason", "under inquiry"]);
    assert_eq!(parked, "the webhook is parked\n");
    let again = admin.succeeds(&["inbox", "park", &key, "--reason", "another"]);
    assert!(
        again.starts_with("the webhook was parked before"),
        "{again}"
    );
    let listed = admin.json(&["inbox", "list", "--state", "parked"]);
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 1);
    let error = &listed["deliveries"][0]["error"];
    assert_eq!(error, "parked by an operator: under inquiry");

    // The serving application applies the replayed webhooks again, and posts nothing twice.
    let replayed = admin.succeeds(&["inbox", "replay", &key]);
    assert_eq!(replayed, "the webhook is queued to be applied again\n");
    admin.wait_for_state(&key, "applied").await;
    admin
        .tamper("UPDATE @deliveries SET state = 'parked'")
        .await;
    let replayed = admin.json(&["inbox", "replay", "--all-parked"]);
    assert_eq!(replayed["replayed"], count);
    admin.wait_for_state(&key, "applied").await;
    let invoice = admin.get(&format!("/invoices/{invoice}")).await;
    assert_eq!(invoice["amount_paid_cents"], 20_012);
    assert_eq!(invoice["surplus_cents"], 0);

    // Webhooks of another organization are not found.
    let listed = admin.json(&["inbox", "list", "--organization", "stranger"]);
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 0);
    for command in ["show", "replay"] {
        let arguments = ["inbox", command, &key, "--organization", "stranger"];
        let refused = admin.fails(&arguments);
        assert!(
            refused.contains("has no webhook with this key"),
            "{refused}"
        );
    }
    admin.close().await;
}
