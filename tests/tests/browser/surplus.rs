//! Two payments of one invoice, as two tabs of a payer make them.

use cross_crate_tests::{Screen, Scripts};

use crate::desk::Desk;

#[tokio::test]
async fn a_second_payment_shows_as_surplus() {
    let Some(mut desk) = Desk::set_up(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let invoice = desk.stage.api.invoice(149_900).await;
    desk.stage.api.payment_url(&invoice).await;
    desk.go_to_invoice(&invoice).await;
    let load = desk.browser.load().await;

    desk.open_payment_page().await;
    desk.browser.click("Leave the payment pending").await;
    desk.browser.sees("Not confirmed yet").await;
    desk.browser.close_tab().await;

    desk.open_payment_page().await;
    desk.browser
        .sees("A payment of ₹1,499.00 is still pending. Paying again may pay twice.")
        .await;
    desk.browser.click("Pay ₹1,499.00").await;
    desk.browser.sees("Thank you").await;
    desk.browser.close_tab().await;
    desk.learns("Due ₹0.00 Paid ₹1,499.00 Overpaid none").await;

    let pending = desk.pending_payment().await;
    desk.browser.open_tab(desk.stage.control.url()).await;
    desk.browser
        .click(&format!("Let succeed payment {pending}"))
        .await;
    desk.browser.sees("₹1,499.00 overpaid").await;
    desk.browser.close_tab().await;

    desk.learns("Due ₹0.00 Paid ₹1,499.00 Overpaid ₹1,499.00")
        .await;
    for text in [
        "₹1,499.00 is overpaid.",
        "overpaid ₹1,499.00: nothing was due any more, all of it is overpaid",
    ] {
        desk.browser.sees(text).await;
    }
    desk.was_not_reloaded_since(&load).await;
    desk.refused(0).await;
}

impl Desk {
    /// Returns the id of the one payment that is pending.
    async fn pending_payment(&self) -> String {
        let links = self.stage.control.list("links").await;
        let orders = links.iter().filter_map(|link| link["orders"].as_array());
        let payments = orders.flatten().filter_map(|it| it["payments"].as_array());
        let mut pending = payments.flatten().filter(|it| it["status"] == "PENDING");
        let payment = pending.next().expect("a pending payment");
        assert_eq!(pending.count(), 0, "it is the only one");
        payment["cf_payment_id"].to_string().replace('"', "")
    }
}
