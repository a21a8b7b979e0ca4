//! Forms without a valid session or CSRF token.

use reqwest::StatusCode;

use super::client::PageClient;
use crate::fixture::Application;

/// Returns the path of every form with fields that would change something.
fn forms(invoice: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let connection = "/connections/acme/simulator";
    [
        (format!("/invoices/{invoice}/payment-link"), vec![]),
        (format!("/invoices/{invoice}/void"), vec![]),
        (
            "/customers/new".to_owned(),
            vec![("organization_id", "acme"), ("external_id", "intruder")],
        ),
        (
            "/new-connection/cashfree".to_owned(),
            vec![
                ("organization_id", "acme"),
                ("code", "intruder"),
                ("name", "Intruder"),
                ("settings.client_id", "id"),
                ("settings.client_secret", "secret"),
                ("settings.environment", "sandbox"),
            ],
        ),
        (format!("{connection}/enabled"), vec![("enabled", "no")]),
        (
            format!("{connection}/rotate"),
            vec![("field", "client_secret"), ("secret", "intruder")],
        ),
        (
            format!("{connection}/retire"),
            vec![("field", "client_secret")],
        ),
        (
            format!("{connection}/settings"),
            vec![
                ("settings.client_id", "intruder"),
                ("settings.environment", "sandbox"),
            ],
        ),
        (format!("{connection}/check"), vec![]),
        (format!("{connection}/retry"), vec![("key", "intruder")]),
        (
            "/invoices/new".to_owned(),
            vec![
                ("amount", "1.00"),
                ("currency", "INR"),
                ("purpose", "intruder"),
            ],
        ),
        ("/sign-out".to_owned(), vec![]),
    ]
    .into()
}

/// Returns the state that the forms could change.
async fn state(app: &Application) -> [String; 2] {
    let connections = app.get("/connections").await.expect_status(200).to_string();
    let invoices = app.get("/invoices").await.expect_status(200).to_string();
    [connections, invoices]
}

#[tokio::test]
async fn a_form_without_the_csrf_token_of_its_session_changes_nothing() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let others = PageClient::signed_in(&app).await.get("/").await.token();
    let before = state(&app).await;
    for (path, fields) in forms(&invoice) {
        let own = clerk.get("/").await.token();
        for token in [
            None,
            Some(""),
            Some("AAAA"),
            Some(others.as_str()),
            Some(&own[1..]),
        ] {
            let mut sent: Vec<(&str, String)> = fields
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect();
            sent.extend(token.map(|token| ("csrf_token", token.to_owned())));
            let response = clerk.post(&path, &sent).await;
            assert_eq!(response.status, StatusCode::FORBIDDEN, "{path} {token:?}");
            response.shows("nothing was changed");
        }
    }
    assert_eq!(state(&app).await, before);
    assert_eq!(
        clerk.get("/").await.status,
        StatusCode::OK,
        "still signed in"
    );
    let customers = clerk.get("/customers").await;
    assert!(!customers.html.contains("intruder"));
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_form_of_a_visitor_who_is_not_signed_in_changes_nothing() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let before = state(&app).await;
    let mut visitor = PageClient::new(&app);
    let token = visitor.get("/sign-in").await.token();
    let mut stranger = PageClient::new(&app);
    for (path, fields) in forms(&invoice) {
        if path == "/sign-out" {
            continue;
        }
        let mut sent: Vec<(&str, String)> = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        sent.push(("csrf_token", token.clone()));
        for sender in [&mut visitor, &mut stranger] {
            let response = sender.post(&path, &sent).await;
            assert_eq!(response.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(state(&app).await, before);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_session_of_another_key_is_not_accepted() {
    let app = Application::start().await;
    let other = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut intruder = PageClient::signed_in(&other).await;
    let token = intruder.get("/").await.token();
    let foreign = intruder.cookie.clone().unwrap();
    let own = PageClient::signed_in(&app).await.cookie.unwrap();
    let visitor = {
        let mut visitor = PageClient::new(&app);
        visitor.get("/sign-in").await;
        visitor.cookie.unwrap()
    };
    // A changed value with an old signature, and a value without a signature.
    let promoted = visitor.replacen("out.", "in.", 1);
    let unsigned = format!("billing_session=in.99999999999.{}", "0".repeat(32));
    let edited = own.replacen("in.1", "in.2", 1);
    let before = state(&app).await;
    for cookie in [foreign, visitor, promoted, unsigned, edited] {
        let mut clerk = PageClient::new(&app);
        clerk.cookie = Some(cookie.clone());
        let page = clerk.get("/").await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{cookie}");
        clerk.cookie = Some(cookie.clone());
        let sent = [("csrf_token", token.clone())];
        let voided = clerk
            .post(&format!("/invoices/{invoice}/void"), &sent)
            .await;
        assert_eq!(voided.status, StatusCode::FORBIDDEN, "{cookie}");
    }
    assert_eq!(state(&app).await, before);
    let mut clerk = PageClient::new(&app);
    clerk.cookie = Some(own);
    assert_eq!(clerk.get("/").await.status, StatusCode::OK);
    app.running.shutdown().await;
    other.running.shutdown().await;
}
