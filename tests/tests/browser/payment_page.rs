//! The simulator's payment page, as a payer meets it.

use cross_crate_tests::{Browser, Screen, Scripts, Stage};

#[tokio::test]
async fn a_payer_sees_what_is_due_and_pays_it() {
    let Some(browser) = Browser::open(Scripts::Off, Screen::Phone).await else {
        return;
    };
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let url = stage.api.payment_url(&invoice).await;
    browser.go(&url).await;
    browser.sees("200.12").await;
    assert!(!browser.overflows().await);
    browser.screenshot("payment-page").await;
    browser.click("Pay").await;
    browser.sees("Payment successful").await;
    browser.has_no_errors().await;
    browser.screenshot("payment-page-paid").await;
    stage.api.wait_for(&invoice, "succeeded 20012 0").await;
}

#[tokio::test]
async fn the_payment_page_keeps_nobody_out() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Phone).await else {
        return;
    };
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    browser.go(&stage.api.payment_url(&invoice).await).await;
    browser.sees("200.12").await;
    browser.is_accessible().await;
}
