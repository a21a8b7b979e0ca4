//! Checks that every page must pass.

use cross_crate_tests::Browser;

/// Takes pictures of the open page, and checks that it is accessible.
pub(crate) async fn inspect(browser: &Browser, name: &str) {
    browser.screenshot(name).await;
    assert!(
        !browser.overflows().await,
        "{name} has to be scrolled sideways on a phone"
    );
    let broken = browser.broken_amounts().await;
    assert!(broken.is_empty(), "{name} breaks amounts: {broken:#?}");
    browser.is_accessible().await;
    browser.is_legible_in_the_dark().await;
    let mut errors = browser.errors().await;
    // A page with an invalid form logs such an error.
    errors.retain(|error| !error.contains("status of 422"));
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}
