//! Processes of different versions on one database.

use serde_json::json;

use crate::fixture::{AdminFixture, on_both_databases};

on_both_databases! {
    a_column_added_by_a_later_version_breaks_no_statement,
}

/// A later version may be started beside this one and add columns to the tables.
async fn a_column_added_by_a_later_version_breaks_no_statement(admin: AdminFixture) {
    let invoice = admin.first_invoice().await;
    let customer = json!({"organization_id": "acme", "external_id": "late", "name": "Late"});
    let due = json!({"organization_id": "acme", "external_customer_id": "late",
                     "amount_cents": 100, "currency": "INR", "purpose": "Later"});
    // Repeated, so that pooled connections use their prepared statements again.
    for later in [false, true] {
        if later {
            for table in ["billing_customers", "billing_invoices"] {
                let alter = format!("ALTER TABLE {table} ADD COLUMN later TEXT");
                admin.tamper(&alter).await;
            }
        }
        for _ in 0..3 {
            admin.post("/customers", &customer).await;
            admin.post("/invoices", &due).await;
            let found = admin.get(&format!("/invoices/{invoice}")).await;
            assert_eq!(found["amount_cents"], 20_012);
            let path = format!("/thanks/{invoice}");
            assert_eq!(admin.status(&path).await, 200);
        }
        let listed = admin.get("/invoices?organization_id=acme").await;
        let count = if later { 9 } else { 6 };
        assert_eq!(listed["invoices"].as_array().unwrap().len(), count);
    }
    admin.close().await;
}
