//! The setup before the first invoice, with invalid input in each step at first.

use cross_crate_tests::{Api, Stage};

use crate::desk::Desk;

impl Desk {
    pub(crate) async fn signs_in_at_the_second_try(&self) {
        let browser = &self.browser;
        browser.sees_heading("Sign in").await;
        browser.fill("API key", "not-the-key").await;
        browser.click("Sign in").await;
        browser
            .sees("API key is not the API key of this application")
            .await;
        assert_eq!(browser.value("API key").await, "");
        self.sign_in().await;
        browser.sees("No invoices yet.").await;
        self.refused(1).await;
    }

    pub(crate) async fn connects_an_account(&self) {
        let browser = &self.browser;
        self.turns_to("Connections").await;
        browser.sees("No connections yet.").await;
        browser.click("New connection").await;
        browser.click("Cashfree Payments").await;
        browser.sees_heading("Connect Cashfree Payments").await;
        browser.fill("Name", "Main account").await;
        browser.fill("Organization", Api::ORGANIZATION).await;
        browser.fill("Code", "main").await;
        browser.fill("Client ID", "TEST_SIMULATOR").await;
        browser.fill("Client secret", Stage::SECRET).await;
        browser.choose("Environment", "Sandbox").await;
        browser.fill("Gateway address", "ftp://nowhere").await;
        browser.click("Add connection").await;
        self.keeps_what_was_typed().await;

        let gateway = format!("{}/pg", self.stage.control.url());
        browser.fill("Gateway address", &gateway).await;
        browser.click("Add connection").await;
        browser.sees_heading("Main account").await;
        browser.sees("Sandbox, no money moves").await;
        browser.click("Check connection").await;
        // The check passes only with the secret that was typed before the form was rejected.
        browser.sees("Credentials accepted").await;
        let address = browser.value("Webhook URL for Cashfree Payments").await;
        let beginning = format!("{}/webhooks/cashfree/", self.stage.api.url());
        assert!(address.starts_with(&beginning), "{address}");
        assert!(!browser.source().await.contains(Stage::SECRET));
        self.refused(1).await;
    }

    async fn keeps_what_was_typed(&self) {
        let browser = &self.browser;
        browser
            .sees("Your entry is kept. Type only to replace it.")
            .await;
        let complaint = browser.complaint("Gateway address").await;
        assert!(
            complaint
                .contains("Gateway address must be https; http is accepted only to this machine"),
            "{complaint}"
        );
        for (label, typed) in [
            ("Name", "Main account"),
            ("Code", "main"),
            ("Client ID", "TEST_SIMULATOR"),
            ("Client secret", ""),
            ("Environment", "Sandbox (no money moves)"),
            ("Gateway address", "ftp://nowhere"),
        ] {
            assert_eq!(browser.value(label).await, typed, "{label}");
        }
        assert_eq!(browser.complaint("Client ID").await, "");
        assert!(!browser.source().await.contains(Stage::SECRET));
    }

    pub(crate) async fn adds_a_customer_who_lacks_a_phone_at_first(&self) {
        let browser = &self.browser;
        self.turns_to("Customers").await;
        browser.sees("No customers yet.").await;
        browser.click("New customer").await;
        assert_eq!(
            browser.value("Organization").await,
            Api::ORGANIZATION,
            "there is only one"
        );
        browser.fill("Customer id", "customer-1").await;
        browser.fill("Name", "Asha Rao").await;
        browser.choose("Pays through", "Main account").await;
        browser.click("Add customer").await;
        browser.sees("Not yet").await;
        let row = browser.row("Asha Rao").await.join(" ");
        assert!(row.contains("Phone: is required by the gateway"), "{row}");

        browser.click("Asha Rao").await;
        browser.fill("Phone", "9000000000").await;
        browser.click("Save and link").await;
        browser.sees_heading("Customers").await;
        let row = browser.row("Asha Rao").await;
        assert_eq!(row.last().map(String::as_str), Some("Yes"), "{row:?}");
        self.refused(0).await;
    }
}
