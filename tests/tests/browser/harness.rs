//! Tests of the browser support itself: it performs each action, and it fails if a page does not show the expected
//! content.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use cross_crate_tests::{Browser, Screen, Scripts};
use futures_util::FutureExt as _;

use crate::site;

/// Returns the message with which a test fails.
async fn failure(test: impl Future<Output = ()>) -> String {
    let panic = AssertUnwindSafe(test).catch_unwind().await;
    *panic.expect_err("a failure").downcast().expect("a message")
}

#[tokio::test]
async fn controls_are_used_by_the_names_that_people_read() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Phone).await else {
        return;
    };
    let site = site::serve().await;
    browser.go(&site).await;
    browser.sees("Due: ₹200.12").await;
    browser.does_not_see("Never shown").await;
    browser.does_not_see("Shown on demand").await;
    browser.click("More").await;
    browser.sees("Shown on demand").await;
    assert_eq!(browser.value("Client ID").await, "old");
    browser.fill("Client ID", "new").await;
    browser.choose("Environment", "Sandbox").await;
    assert_eq!(
        browser.value("Environment").await,
        "Sandbox (no money moves)"
    );
    browser.pick("Card").await;
    browser.click("Send").await;
    browser
        .sees("client=new; environment=Sandbox (no money moves); method=card")
        .await;
    assert_eq!(browser.heading().await, "Sent");

    browser.go(&site).await;
    assert_eq!(browser.row("INV-2").await, ["INV-2", "₹2.00", "Pay"]);
    browser.click_beside("INV-2", "Pay").await;
    browser.sees("client=second").await;

    browser.go(&site).await;
    browser.click("Leave").await;
    assert_eq!(browser.url().await, format!("{site}/plain"));
    browser.has_no_errors().await;
}

#[tokio::test]
async fn what_scripts_bring_is_waited_for_and_a_reload_begins_anew() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    browser.go(&site::serve().await).await;
    assert_eq!(browser.heading().await, "After the script");
    browser.sees("Late news").await;
    browser.does_not_see("Scripts are off").await;
    browser.fill("Client ID", "typed").await;
    browser.reload().await;
    assert_eq!(browser.value("Client ID").await, "old");
}

#[tokio::test]
async fn with_scripts_off_none_runs_and_all_else_works() {
    let Some(browser) = Browser::open(Scripts::Off, Screen::Desktop).await else {
        return;
    };
    let site = site::serve().await;
    browser.go(&site).await;
    // The page is loaded by now, so a script would have changed it.
    assert_eq!(browser.heading().await, "Before the script");
    browser.sees("Scripts are off").await;
    browser.fill("Client ID", "by hand").await;
    browser.pick("Card").await;
    browser.click("Send").await;
    browser
        .sees("client=by hand; environment=Live; method=card")
        .await;
    browser.go(&format!("{site}/faulty")).await;
    assert!(browser.overflows().await);
}

#[tokio::test]
async fn a_new_tab_is_followed_and_closed() {
    let Some(mut browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let site = site::serve().await;
    browser.go(&site).await;
    browser.click("Open a tab").await;
    browser.follow_new_tab().await;
    browser.sees("client=tab").await;
    browser.close_tab().await;
    browser.sees("Due: ₹200.12").await;
}

#[tokio::test]
async fn planted_faults_are_found_and_a_sound_page_has_none() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let site = site::serve().await;
    browser.go(&format!("{site}/plain")).await;
    browser.is_accessible().await;
    browser.has_no_errors().await;
    assert!(!browser.overflows().await);
    assert!(browser.broken_amounts().await.is_empty());

    browser.go(&format!("{site}/faulty")).await;
    let broken = browser.broken_amounts().await;
    assert_eq!(broken.len(), 2, "{broken:#?}");
    assert!(broken[0].starts_with("USD 12.00 in: "), "{broken:#?}");
    assert!(broken[1].starts_with("₹1,499.00 in: "), "{broken:#?}");
    let faults = browser.accessibility_faults().await;
    let rules: Vec<_> = faults.iter().map(|fault| fault.rule.as_str()).collect();
    assert_eq!(rules, ["color-contrast", "label"], "{faults:#?}");
    assert!(faults[0].places[0].html.contains("Can you read this?"));
    assert!(browser.overflows().await);
    let errors = browser.errors().await;
    assert!(
        errors.iter().any(|error| error.contains("/missing.png")),
        "{errors:?}"
    );
    let message = failure(browser.is_accessible()).await;
    assert!(message.contains("label (critical)"), "{message}");
    assert!(message.contains(r#"<input name="nameless">"#), "{message}");
}

#[tokio::test]
async fn pictures_show_the_whole_page_on_both_screens() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    browser.go(&site::serve().await).await;
    browser.sees("Late news").await;
    let sizes: Vec<_> = browser
        .screenshot("harness")
        .await
        .iter()
        .map(|file| {
            let picture = std::fs::read(file).expect("a picture");
            assert!(picture.starts_with(b"\x89PNG"), "{}", file.display());
            let side =
                |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("a side"));
            (side(16), side(20))
        })
        .collect();
    // Each CSS pixel has two device pixels on a phone; both pictures are at least as high as the screen.
    assert_eq!((sizes[0].0, sizes[1].0), (780, 1280));
    assert!(sizes[0].1 >= 1688 && sizes[1].1 >= 900, "{sizes:?}");
}

#[tokio::test]
async fn a_failure_says_what_is_there_instead() {
    let patience = Duration::from_millis(300);
    let Some(browser) = Browser::open(Scripts::Off, Screen::Desktop).await else {
        return;
    };
    let browser = browser.with_patience(patience);
    let site = site::serve().await;
    browser.go(&site).await;

    let message = failure(browser.sees("Due: ₹200.13")).await;
    assert!(
        message.contains(r#"does not show "Due: ₹200.13""#),
        "{message}"
    );
    assert!(message.contains(&site), "{message}");
    assert!(message.contains("Due: ₹200.12"), "{message}");

    let message = failure(browser.does_not_see("₹200.12")).await;
    assert!(message.contains(r#"still shows "₹200.12""#), "{message}");

    let message = failure(browser.click("Pay")).await;
    assert!(
        message.contains("not one visible button or link \"Pay\", but 2"),
        "{message}"
    );

    let message = failure(browser.fill("Client secret", "x")).await;
    assert!(
        message.contains(r#"no visible field "Client secret", only ["Client ID"]"#),
        "{message}"
    );

    let message = failure(browser.choose("Environment", "Test")).await;
    assert!(
        message.contains(r#"only ["Live", "Sandbox (no money moves)"]"#),
        "{message}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dropped_browser_leaves_neither_processes_nor_files() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let profile = browser.profile().to_owned();
    let name = profile.to_str().expect("a plain path");
    assert!(processes_with(name) > 0);
    assert!(profile.exists());
    drop(browser);
    assert_eq!(processes_with(name), 0);
    assert!(!profile.exists());
}

/// Returns the number of processes with a word on their command lines.
#[cfg(target_os = "linux")]
fn processes_with(word: &str) -> usize {
    let processes = std::fs::read_dir("/proc").expect("the list of processes");
    processes
        .filter_map(|process| std::fs::read(process.ok()?.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(word))
        .count()
}
