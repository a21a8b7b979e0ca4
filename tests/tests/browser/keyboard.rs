//! Tests with the keyboard alone.

use cross_crate_tests::{Browser, Key, Screen, Scripts};

use crate::desk::Desk;

#[tokio::test]
async fn the_keyboard_alone_leads_to_a_new_invoice() {
    let Some(desk) = Desk::set_up(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let browser = &desk.browser;
    browser.reload().await;
    for control in [
        "Skip to content",
        "Invoices",
        "Customers",
        "Connections",
        "Sign out",
        "New invoice",
    ] {
        assert_eq!(next(browser).await, control);
    }
    browser.hit(Key::Enter).await;
    browser.sees("Shown to the payer.").await;
    browser.sees_heading("New invoice").await;

    // Skips the controls that every page has.
    assert_eq!(next(browser).await, "Skip to content");
    browser.hit(Key::Enter).await;
    assert_eq!(next(browser).await, "Customer");
}

async fn next(browser: &Browser) -> String {
    browser.hit(Key::Tab).await;
    browser.focused().await
}
