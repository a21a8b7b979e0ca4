//! The actions of a developer on the simulator's own page.

use cross_crate_tests::{Asked, Screen, Scripts};

use crate::desk::Desk;

#[tokio::test]
async fn a_webhook_sent_again_by_its_button_is_ignored() {
    let Some(desk) = Desk::set_up(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let (browser, control) = (&desk.browser, &desk.stage.control);
    let Asked { invoice, link, .. } = desk.stage.ask_for("An invoice", 20_012).await;
    desk.go_to_simulator().await;
    browser.click(&format!("Pay {link}")).await;
    browser.sees(&format!("{link} PAID")).await;
    desk.stage.api.wait_for(&invoice, "succeeded 20012 0").await;

    let deliveries = control.list("deliveries").await;
    let latest = deliveries.last().map(|one| one["id"].to_string());
    let resend = format!("Resend number {}", latest.expect("a delivery"));
    browser.click(&resend).await;
    desk.go_to_invoice(&invoice).await;
    browser.sees("Duplicate ignored").await;
    browser.sees("Paid ₹200.12 Overpaid none").await;
    desk.refused(0).await;
}

#[tokio::test]
async fn a_link_that_is_expired_by_its_button_says_so_to_its_payer() {
    let Some(desk) = Desk::set_up(Scripts::Off, Screen::Desktop).await else {
        return;
    };
    let browser = &desk.browser;
    let Asked { url, link, .. } = desk.stage.ask_for("An invoice", 20_012).await;
    desk.go_to_simulator().await;
    browser.click(&format!("Expire now {link}")).await;
    browser.sees(&format!("{link} EXPIRED")).await;
    browser.go(&url).await;
    browser.sees_heading("This link has expired").await;
    browser.does_not_see("Pay with").await;
    desk.refused(0).await;
}

#[tokio::test]
async fn a_setting_changed_by_its_form_takes_effect() {
    let Some(desk) = Desk::set_up(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let browser = &desk.browser;
    desk.go_to_simulator().await;
    browser.fill("Rate limit", "many").await;
    browser.pick("Fail payments").await;
    browser.click("Save the settings").await;
    browser.sees("Nothing was saved.").await;
    assert_eq!(browser.value("Rate limit").await, "many");
    let complaint = browser.complaint("Rate limit").await;
    assert!(complaint.contains("number"), "{complaint}");

    browser.fill("Rate limit", "200").await;
    browser.click("Save the settings").await;
    browser.does_not_see("Nothing was saved.").await;
    assert_eq!(browser.value("Rate limit").await, "200");

    let Asked { invoice, url, .. } = desk.stage.ask_for("An invoice", 20_012).await;
    browser.go(&url).await;
    browser.click("Pay ₹200.12").await;
    browser.sees("Payment not successful").await;
    let links = desk.stage.control.list("links").await;
    let status = &links[0]["orders"][0]["payments"][0]["status"];
    assert_eq!(status, "FAILED");
    desk.go_to_invoice(&invoice).await;
    browser.sees("Payment attempt failed").await;
    desk.refused(1).await;
}
