//! The steps from an empty installation to a paid invoice, done manually in the browser.

use cross_crate_tests::{Screen, Scripts};

use crate::desk::Desk;

const PURPOSE: &str = "Hosting, March 2026";

#[tokio::test]
async fn an_invoice_is_paid_in_the_browser() {
    walk(Scripts::On, Screen::Desktop).await;
}

#[tokio::test]
async fn an_invoice_is_paid_in_the_browser_on_a_phone() {
    walk(Scripts::On, Screen::Phone).await;
}

#[tokio::test]
async fn an_invoice_is_paid_in_the_browser_without_scripts() {
    walk(Scripts::Off, Screen::Desktop).await;
}

async fn walk(scripts: Scripts, screen: Screen) {
    let Some(mut desk) = Desk::open(scripts, screen).await else {
        return;
    };
    desk.signs_in_at_the_second_try().await;
    desk.connects_an_account().await;
    desk.adds_a_customer_who_lacks_a_phone_at_first().await;
    desk.makes_an_invoice().await;
    desk.makes_a_payment_link().await;
    let load = desk.browser.load().await;
    desk.sees_a_payment_fail().await;
    desk.sees_a_payment_succeed().await;
    desk.was_not_reloaded_since(&load).await;
    desk.finds_it_in_the_list().await;
}

impl Desk {
    async fn makes_an_invoice(&self) {
        let browser = &self.browser;
        self.turns_to("Invoices").await;
        browser.click("New invoice").await;
        browser.choose("Customer", "Asha Rao").await;
        browser.fill("Amount", "1499.005").await;
        browser.fill("Purpose", PURPOSE).await;
        browser.click("Create invoice").await;
        browser.sees("no more decimals than the currency has").await;
        let complaint = browser.complaint("Amount").await;
        assert!(complaint.contains("must be an amount"), "{complaint}");
        assert_eq!(browser.value("Amount").await, "1499.005");
        assert_eq!(browser.value("Purpose").await, PURPOSE);

        browser.fill("Amount", "1499.00").await;
        browser.click("Create invoice").await;
        browser.sees("Not paid yet").await;
        browser.sees_heading(PURPOSE).await;
        browser
            .sees("Amount ₹1,499.00 Due ₹1,499.00 Paid ₹0.00 Overpaid none")
            .await;
        self.refused(1).await;
    }

    async fn makes_a_payment_link(&self) {
        let browser = &self.browser;
        browser.click("Create payment link").await;
        browser.sees_picture("QR code of the payment link").await;
        browser.sees("Payment link created").await;
        let links = self.stage.control.list("links").await;
        assert_eq!(links.len(), 1);
        let label = "Send this link to the payer. Anyone with the link can pay.";
        assert_eq!(links[0]["link_url"], browser.value(label).await.as_str());
    }

    async fn sees_a_payment_fail(&mut self) {
        self.open_payment_page().await;
        let browser = &self.browser;
        browser.sees("Amount ₹1,499.00").await;
        browser.sees(PURPOSE).await;
        browser
            .choose("Reason to fail with", "The account holds too little money")
            .await;
        browser.click("Let the payment fail").await;
        browser.sees("Payment not successful").await;
        browser
            .sees("The account holds too little money. Try again")
            .await;
        let thanks = format!("{}/thanks/", self.stage.api.url());
        assert!(browser.url().await.starts_with(&thanks));

        self.browser.close_tab().await;
        self.learns("Payment attempt failed").await;
        self.browser
            .sees("The account holds too little money, TRANSACTION_DECLINED")
            .await;
        self.browser.sees("Not paid yet").await;
    }

    async fn sees_a_payment_succeed(&mut self) {
        self.open_payment_page().await;
        self.browser.pick("UPI").await;
        self.browser.click("Pay ₹1,499.00").await;
        self.browser.arrives_at("/thanks/").await;
        self.learns("Thank you Paid").await;
        self.browser
            .sees(&format!("We have received your payment for {PURPOSE}."))
            .await;

        self.browser.close_tab().await;
        self.learns("Paid Amount ₹1,499.00 Due ₹0.00 Paid ₹1,499.00 Overpaid none")
            .await;
        for text in [
            "The invoice is paid. Nothing is due.",
            "applied ₹1,499.00: pays what was due",
            "Webhook received and verified",
            "Payment recorded",
        ] {
            self.browser.sees(text).await;
        }
        self.refused(0).await;
    }

    async fn finds_it_in_the_list(&self) {
        self.turns_to("Invoices").await;
        let row = self.browser.row(PURPOSE).await;
        assert_eq!(
            row[2..7],
            ["₹1,499.00", "₹0.00", "₹1,499.00", "–", "Paid"],
            "{row:?}"
        );
        self.browser.click("Sign out").await;
        self.browser.sees_heading("Sign in").await;
        self.refused(0).await;
    }
}
