//! What holds for every page.

use cross_crate_tests::Browser;

/// Takes pictures of the page that is open, and looks whether anybody is kept out of it.
pub(crate) async fn inspect(browser: &Browser, name: &str) {
    browser.screenshot(name).await;
    assert!(
        !browser.overflows().await,
        "{name} has to be scrolled sideways on a phone"
    );
    browser.is_accessible().await;
    browser.is_legible_in_the_dark().await;
    let mut errors = browser.errors().await;
    // A form with something wrong in it is such a page.
    errors.retain(|error| !error.contains("status of 422"));
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}
