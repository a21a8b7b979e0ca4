use reqwest::StatusCode;

use super::client::PageClient;
use crate::fixture::Application;

const NEW: &str = "/new-connection/cashfree";

fn filled<'a>(secret: &'a str, base_url: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("organization_id", "acme"),
        ("code", "second"),
        ("name", "Second"),
        ("settings.client_id", "TEST_SIMULATOR"),
        ("settings.client_secret", secret),
        ("settings.environment", "sandbox"),
        ("settings.base_url", base_url),
    ]
}

#[tokio::test]
async fn a_refused_form_keeps_its_values_and_shows_no_secret() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let secret = "cfsk_ma_test_simulator";
    let refused = clerk
        .submit(NEW, NEW, &filled(secret, "ftp://nowhere"))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.html.contains(secret));
    let error = "#settings\\.base_url-error";
    assert_eq!(refused.count(error), 1);
    assert_eq!(refused.count(".error"), 1, "{}", refused.text());
    let field = "[name=\"settings.base_url\"]";
    assert_eq!(
        refused.attribute(field, "aria-invalid").as_deref(),
        Some("true")
    );
    assert_eq!(
        refused.attribute(field, "value").as_deref(),
        Some("ftp://nowhere")
    );
    let secret_field = "[name=\"settings.client_secret\"]";
    assert_eq!(refused.attribute(secret_field, "value"), None);
    let draft = "[name=\"draft.settings.client_secret\"]";
    let draft = refused.attribute(draft, "value").unwrap();

    // A draft is not accepted in another session.
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let mut mended = filled("", &base_url);
    let mut other = PageClient::signed_in(&app).await;
    mended.push(("draft.settings.client_secret", &draft));
    let foreign = other.submit(NEW, NEW, &mended).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(foreign.count("#settings\\.client_secret-error"), 1);

    let added = clerk.submit(NEW, NEW, &mended).await;
    let page = added.location.unwrap();
    assert_eq!(page, "/connections/acme/second?new");
    let path = "/connections/acme/second";
    let checked = clerk
        .submit(path, "/connections/acme/second/check", &[])
        .await;
    checked.shows("Credentials accepted");
    checked.shows("Clock in sync with the gateway");
    let address = checked.attribute("#webhook-url", "value").unwrap();
    assert!(
        address.ends_with("/webhooks/cashfree/acme?code=second"),
        "{address}"
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn all_errors_are_shown_together_beside_their_fields() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let fields = [("organization_id", "a b"), ("code", ""), ("name", " ")];
    let refused = clerk.submit(NEW, NEW, &fields).await;
    for id in [
        "organization_id",
        "code",
        "name",
        "settings\\.client_id",
        "settings\\.client_secret",
        "settings\\.environment",
    ] {
        assert_eq!(refused.count(&format!("#{id}-error")), 1, "{id}");
    }
    let mut taken = filled("secret", "https://sandbox.cashfree.com/pg");
    taken[1] = ("code", "simulator");
    let refused = clerk.submit(NEW, NEW, &taken).await;
    assert_eq!(refused.count("#code-error"), 1, "{}", refused.text());
    app.running.shutdown().await;
}

#[tokio::test]
async fn secrets_are_rotated_and_retired_without_being_shown() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = "/connections/acme/simulator";
    let rotate = format!("{path}/rotate");
    let refused = clerk
        .submit(
            path,
            &rotate,
            &[("field", "client_secret"), ("secret", " ")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.count("#new-client_secret-error"), 1);
    let fields = [
        ("field", "client_secret"),
        ("secret", "cfsk_canary_of_rotation"),
    ];
    let rotated = clerk.submit(path, &rotate, &fields).await;
    assert_eq!(rotated.status, StatusCode::SEE_OTHER, "{}", rotated.text());
    let page = clerk.get(path).await;
    page.shows("2 secrets are stored");
    assert!(!page.html.contains("cfsk_canary_of_rotation"));
    let check = clerk.submit(path, &format!("{path}/check"), &[]).await;
    check.shows("Credentials not accepted");
    check.shows("Next steps");

    // Rotates back to the former secret and retires the canary.
    let back = [
        ("field", "client_secret"),
        ("secret", "cfsk_ma_test_simulator"),
    ];
    clerk.submit(path, &rotate, &back).await;
    let retire = [("field", "client_secret")];
    clerk.submit(path, &format!("{path}/retire"), &retire).await;
    clerk.get(path).await.shows("1 secret is stored.");
    let check = clerk.submit(path, &format!("{path}/check"), &[]).await;
    check.shows("Credentials accepted");

    let wrong = [("field", "client_id"), ("secret", "other")];
    let refused = clerk.submit(path, &rotate, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_old_form_does_not_undo_later_changes() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = "/connections/acme/simulator";
    let edit = format!("{path}/settings");
    let old_form = clerk.get(&edit).await;
    let drawn = |name: &str| {
        let field = format!("[name=\"{name}\"]");
        old_form.attribute(&field, "value").unwrap_or_default()
    };
    let base_url = drawn("settings.base_url");
    let mut both = Vec::new();
    for name in [
        "client_id",
        "base_url",
        "redirect_url",
        "missing_phone_number",
    ] {
        let (name, before) = (
            format!("settings.{name}"),
            format!("before.settings.{name}"),
        );
        both.push((name.clone(), drawn(&name)));
        both.push((before.clone(), drawn(&before)));
    }
    let later = [
        ("settings.client_id", "TEST_SIMULATOR"),
        ("settings.environment", "sandbox"),
        ("settings.base_url", base_url.as_str()),
        ("settings.missing_phone_number", "9000000000"),
    ];
    let saved = clerk.submit(&edit, &edit, &later).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());

    // The older form changes the return URL only.
    let mut fields: Vec<(&str, &str)> = both
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.push(("settings.environment", "sandbox"));
    fields.push(("settings.redirect_url", "https://shop.example/paid"));
    let saved = clerk.submit(&edit, &edit, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = clerk.get(path).await;
    page.shows("https://shop.example/paid");
    page.shows("9000000000");
    app.running.shutdown().await;
}

#[tokio::test]
async fn settings_can_be_changed_without_retyping_the_secret() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = "/connections/acme/simulator";
    let edit = format!("{path}/settings");
    let form = clerk.get(&edit).await;
    let base_url = form
        .attribute("[name=\"settings.base_url\"]", "value")
        .unwrap();
    let mut fields = vec![
        ("settings.client_id", "TEST_SIMULATOR"),
        ("settings.environment", "sandbox"),
        ("settings.base_url", base_url.as_str()),
        ("settings.redirect_url", "https://shop.example/paid"),
    ];
    let saved = clerk.submit(&edit, &edit, &fields).await;
    assert_eq!(saved.location.as_deref(), Some(path), "{}", saved.text());
    let page = clerk.get(path).await;
    page.shows("https://shop.example/paid");
    let check = clerk.submit(path, &format!("{path}/check"), &[]).await;
    check.shows("Credentials accepted");

    // An empty field removes its setting; the environment cannot be changed.
    fields.pop();
    let other = [
        ("settings.client_id", "TEST_SIMULATOR"),
        ("settings.environment", "production"),
    ];
    let refused = clerk.submit(&edit, &edit, &other).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.count("#settings\\.environment-error"),
        1,
        "{}",
        refused.text()
    );
    clerk.submit(&edit, &edit, &fields).await;
    let page = clerk.get(path).await;
    assert!(!page.html.contains("shop.example"), "{}", page.text());

    let off = [("enabled", "no")];
    clerk.submit(path, &format!("{path}/enabled"), &off).await;
    clerk.get(path).await.shows("Disabled");
    let invoice = app.seeded_invoice().await;
    let asked = format!("/invoices/{invoice}/payment-link");
    let refused = clerk.submit("/", &asked, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows("disabled");
    app.running.shutdown().await;
}
