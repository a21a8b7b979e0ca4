//! Changes that cannot be undone are confirmed on a page before.

use reqwest::StatusCode;

use super::client::{Page, PageClient};
use crate::fixture::Application;

/// Returns the fields of the form that confirms.
fn confirming(page: &Page, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut fields = vec![("csrf_token", page.token())];
    fields.extend(
        more.iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    fields
}

#[tokio::test]
async fn an_invoice_is_voided_after_a_page_that_states_it() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let url = app.payment_url(&invoice).await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = format!("/invoices/{invoice}");
    let page = clerk.get(&path).await;
    let confirm = page.attribute("main a.danger", "href").unwrap();
    assert_eq!(confirm, format!("{path}/void"));
    assert_eq!(page.count("main form[action$=void]"), 0);

    let asked = clerk.get(&confirm).await;
    for part in [
        "Void this invoice?",
        &invoice,
        "Asha Rao (customer-1)",
        "acme",
        "Amount ₹200.12",
        &format!("{url}, will be cancelled"),
        "This cannot be undone.",
    ] {
        asked.shows(part);
    }
    assert_eq!(asked.attribute("main .row a", "href"), Some(path.clone()));
    assert_eq!(asked.count("script:not([src])"), 0);
    // Looking changes nothing, and neither does a form without the token of the session.
    let forged = clerk
        .post(&confirm, &[("csrf_token", "AAAA".to_owned())])
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let read = app
        .get(&format!("/invoices/{invoice}"))
        .await
        .expect_status(200);
    assert_eq!(read["status"], "finalized");

    let action = asked.attribute("main form", "action").unwrap();
    let voided = clerk.post(&action, &confirming(&asked, &[])).await;
    assert_eq!(voided.status, StatusCode::SEE_OTHER, "{}", voided.html);
    let page = clerk.get(&path).await;
    page.shows("The invoice is voided");
    let again = clerk.get(&confirm).await;
    again.shows("Void this invoice again?");
    again.shows("Open link none");
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_invoice_that_cannot_be_voided_is_not_asked_about() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let unknown = clerk
        .get("/invoices/00000000-0000-7000-8000-000000000000/void")
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let invoice = app.seeded_invoice().await;
    let mut stranger = PageClient::new(&app);
    let page = stranger.get(&format!("/invoices/{invoice}/void")).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.location.unwrap().starts_with("/sign-in"));
    app.running.shutdown().await;
}

#[tokio::test]
async fn older_secrets_are_retired_after_a_page_that_states_it() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let connection = "/connections/acme/simulator";
    let confirm = format!("{connection}/retire?field=client_secret");
    let nothing = clerk.get(&confirm).await;
    assert_eq!(
        nothing.location.as_deref(),
        Some(connection),
        "only one secret"
    );
    let fields = [("field", "client_secret"), ("secret", "the-newer-secret")];
    let rotated = clerk
        .submit(connection, &format!("{connection}/rotate"), &fields)
        .await;
    assert_eq!(rotated.status, StatusCode::SEE_OTHER, "{}", rotated.html);

    let page = clerk.get(connection).await;
    page.shows("2 secrets are stored.");
    assert_eq!(page.count("main form[action$=retire]"), 0);
    let asked = clerk.get(&confirm).await;
    asked.shows("Retire the older secrets?");
    asked.shows("Retired 1, all but the newest");
    asked.shows("This cannot be undone");
    clerk.get(connection).await.shows("2 secrets are stored.");
    let action = asked.attribute("main form", "action").unwrap();
    let fields = confirming(&asked, &[("field", "client_secret")]);
    assert_eq!(
        asked
            .attribute("main form input[name=field]", "value")
            .as_deref(),
        Some("client_secret")
    );
    let retired = clerk.post(&action, &fields).await;
    assert_eq!(retired.status, StatusCode::SEE_OTHER, "{}", retired.html);
    clerk.get(connection).await.shows("1 secret is stored.");
    for field in ["", "unknown", "client_id", "%00"] {
        let page = clerk
            .get(&format!("{connection}/retire?field={field}"))
            .await;
        assert_eq!(page.location.as_deref(), Some(connection), "{field}");
    }
    app.running.shutdown().await;
}
