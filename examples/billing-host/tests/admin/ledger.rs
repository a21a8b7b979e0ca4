//! `billing-host ledger`.

use serde_json::json;

use crate::fixture::{AdminFixture, on_both_databases, text};

on_both_databases! {
    an_audit_of_sound_books_exits_with_0_and_of_tampered_ones_with_1,
    a_list_that_is_incomplete_for_an_hour_is_a_difference_about_its_checkout,
    a_manual_payment_is_recorded_once_and_only_without_a_status_api,
    a_stated_amount_that_is_not_listed_is_written_off_once,
    renamed_commands_keep_their_former_names,
}

async fn an_audit_of_sound_books_exits_with_0_and_of_tampered_ones_with_1(admin: AdminFixture) {
    admin.paid_invoice().await;
    let report = admin.succeeds(&["ledger", "audit"]);
    let expected = "payables 1, payments 1, posted 1, dedup keys 1, refunds 0\n\
                    INR: received ₹200.12, applied ₹200.12, overpaid ₹0.00, refunded ₹0.00; \
                    for payables in another currency: received ₹0.00, refunded ₹0.00\n\
                    no differences found\n";
    assert_eq!(report, expected);
    let json_report = admin.json(&["ledger", "audit", "--all-organizations"]);
    assert_eq!(
        (&json_report["sound"], &json_report["payables"]),
        (&true.into(), &1.into())
    );

    admin
        .tamper("UPDATE @payables SET received = received - 1, applied = applied - 1")
        .await;
    let output = admin.program(&["ledger", "audit"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    assert!(report.contains("₹200.11 instead of ₹200.12"), "{report}");
    assert!(report.contains("organization acme, payable "), "{report}");
    let output = admin.program(&["ledger", "audit", "--json"]).output();
    let json_report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(json_report["findings"][0]["invariant"], "received");
    assert_eq!(json_report["findings"][0]["stated"]["amount_cents"], 20_011);
    assert_eq!(
        json_report["findings"][0]["expected"]["amount_cents"],
        20_012
    );
    assert!(json_report["findings"][0]["about"].is_null());

    // A payment with a gateway id that no event reported, and a refunded total without refunds.
    for statement in [
        "UPDATE @payments SET gateway_payment_id = 'another'",
        "UPDATE @payables SET refunded = 7",
    ] {
        admin.tamper(statement).await;
    }
    let report = text(&admin.program(&["ledger", "audit"]).output().unwrap().stdout);
    let total = "refunded is not the sum of its refunds: ₹0.07 instead of ₹0.00";
    assert!(report.contains(total), "{report}");
    assert!(report.contains("refunded ₹0.07; for payables"), "{report}");
    assert!(
        report.contains(", payment another: its columns"),
        "{report}"
    );
    let output = admin.program(&["ledger", "audit", "--json"]).output();
    let json_report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(
        (
            &json_report["refunds"],
            &json_report["totals"][0]["refunded"]
        ),
        (&0.into(), &"7".into())
    );
    let findings = json_report["findings"].as_array().unwrap();
    let finding = |invariant: &str| {
        findings
            .iter()
            .find(|found| found["invariant"] == invariant)
            .unwrap()
    };
    let details = finding("details");
    assert_eq!(
        (&details["about_kind"], &details["about"]),
        (&"payment".into(), &"another".into())
    );
    assert_eq!(finding("refunded")["stated"]["amount_cents"], 7);
    let stranger = ["ledger", "audit", "--organization", "stranger"];
    assert!(
        admin
            .succeeds(&stranger)
            .ends_with("no differences found\n")
    );
    admin.close().await;
}

async fn a_list_that_is_incomplete_for_an_hour_is_a_difference_about_its_checkout(
    admin: AdminFixture,
) {
    admin.paid_invoice().await;
    admin
        .tamper("UPDATE @checkouts SET list_incomplete = true, list_begun_at = 1000")
        .await;
    let output = admin.program(&["ledger", "audit"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    let difference = "the gateway's list of its payments was begun but not posted as a whole: \
                      a part since 1970-01-01T00:00:01Z instead of the whole list";
    assert!(report.contains(difference), "{report}");
    let output = admin.program(&["ledger", "audit", "--json"]).output();
    let report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["invariant"], "whole_list");
    assert_eq!(finding["about_kind"], "checkout");
    assert!(finding["about"].is_string(), "{finding}");
}

async fn a_manual_payment_is_recorded_once_and_only_without_a_status_api(admin: AdminFixture) {
    let connection = json!({
        "organization_id": "acme", "provider": "bank_transfer", "code": "bank", "name": "Bank",
        "settings": {"instructions_url": "https://merchant.example/pay", "environment": "sandbox",
                     "callback_secret": "a-secret-of-the-bookkeeping"},
    });
    admin.post("/connections", &connection).await;
    let customer = json!({"organization_id": "acme", "external_id": "customer-9",
        "payment_provider": "bank_transfer", "payment_provider_code": "bank"});
    admin.post("/customers", &customer).await;
    let invoice = json!({"organization_id": "acme", "external_customer_id": "customer-9",
        "amount_cents": 20_012, "currency": "INR", "purpose": "Plan"});
    let invoice = admin.post("/invoices", &invoice).await;
    let invoice = invoice["id"].as_str().unwrap();
    let reference = admin.checkout_of(invoice).await;
    let arguments = [
        "ledger",
        "record-payment",
        invoice,
        "--checkout",
        &reference,
        "--amount",
        "200.12",
        "--payment",
        "T-1",
        "--by",
        "asha",
        "--note",
        "on the bank's statement",
    ];
    let recorded = admin.succeeds(&arguments);
    assert_eq!(
        recorded,
        "recorded: pays what was due; applied ₹200.12, overpaid ₹0.00\n"
    );
    let recorded = admin.succeeds(&arguments);
    assert!(recorded.starts_with("already recorded: "), "{recorded}");
    let paid = admin.get(&format!("/invoices/{invoice}")).await;
    assert_eq!(paid["payment_status"], "succeeded");
    assert_eq!(paid["amount_paid_cents"], 20_012);
    let history = paid["history"].as_array().unwrap();
    let manual = history
        .iter()
        .filter(|entry| entry["kind"] == "booked_by_hand");
    assert_eq!(manual.count(), 1, "{history:?}");
    admin.succeeds(&["ledger", "audit"]);

    // Refused for a gateway with a status API.
    let invoices = admin.get("/invoices?organization_id=acme").await;
    let other = invoices["invoices"].as_array().unwrap().iter();
    let mut other = other.map(|invoice| invoice["id"].as_str().unwrap());
    let other = other.rfind(|id| *id != invoice).unwrap();
    let reference = admin.checkout_of(other).await;
    let arguments = [
        "ledger",
        "record-payment",
        other,
        "--checkout",
        &reference,
        "--amount",
        "1.00",
        "--key",
        "K-1",
        "--by",
        "asha",
        "--note",
        "why",
    ];
    let refused = admin.fails(&arguments);
    assert!(
        refused.contains("the gateway has a status API"),
        "{refused}"
    );
    admin.close().await;
}

async fn a_stated_amount_that_is_not_listed_is_written_off_once(admin: AdminFixture) {
    let invoice = admin.first_invoice().await;
    let reference = admin.checkout_of(&invoice).await;
    let reason = ["--by", "asha", "--note", "reversed the same day"];
    let arguments = ["ledger", "write-off", &invoice, "--checkout", &reference];
    let arguments = [&arguments[..], &reason].concat();
    let refused = admin.fails(&arguments);
    assert!(refused.contains("is posted"), "{refused}");
    // As if a webhook had stated an amount; the simulator lists no payment.
    admin
        .tamper(&format!(
            "UPDATE @checkouts SET gateway_paid = 6000 WHERE reference = '{reference}'"
        ))
        .await;
    let result = admin.succeeds(&arguments);
    assert_eq!(
        result,
        "written off: ₹60.00; the gateway states ₹60.00, posted ₹0.00\n"
    );
    let again = admin.json(&arguments);
    let expected = json!({"is_new": false, "stated_cents": 6000, "booked_cents": 0,
                          "written_off_cents": 6000, "currency": "INR"});
    assert_eq!(again, expected);
    let shown = admin.get(&format!("/invoices/{invoice}")).await;
    assert_eq!(shown["amount_paid_cents"], 0);
    let history = shown["history"].as_array().unwrap().iter();
    let lines: Vec<_> = history
        .filter(|entry| entry["kind"] == "written_off")
        .map(|entry| entry["detail"].as_str().unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].ends_with("by asha: reversed the same day"),
        "{lines:?}"
    );
    // The same checkout can be used again.
    assert_eq!(admin.checkout_of(&invoice).await, reference);
    admin.succeeds(&["ledger", "audit"]);

    let stranger = [&arguments[..], &["--organization", "stranger"]].concat();
    let refused = admin.fails(&stranger);
    assert!(refused.contains("no such payable"), "{refused}");
    admin.close().await;
}

async fn renamed_commands_keep_their_former_names(admin: AdminFixture) {
    let audit = admin.succeeds(&["ledger", "audit"]);
    assert_eq!(admin.succeeds(&["ledger", "verify"]), audit);
    for name in ["record-payment", "book"] {
        let help = admin.succeeds(&["ledger", name, "--help"]);
        assert!(help.contains("--payment <ID>"), "{help}");
    }
    let help = admin.succeeds(&["ledger", "--help"]);
    assert!(
        !help.contains("verify") && !help.contains("  book"),
        "{help}"
    );
    admin.close().await;
}
