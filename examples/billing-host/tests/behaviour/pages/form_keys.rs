//! Forms that create, sent twice.

use reqwest::StatusCode;

use super::client::{Page, PageClient};
use crate::fixture::Application;

/// Returns each form that creates, and its fields.
fn forms(customer: &str) -> [(&'static str, Vec<(&'static str, String)>); 3] {
    let text = |(name, value): (&'static str, &str)| (name, value.to_owned());
    [
        (
            "/invoices/new",
            [
                ("customer", customer),
                ("amount", "10.00"),
                ("currency", "INR"),
                ("purpose", "Only once"),
            ]
            .map(text)
            .into(),
        ),
        (
            "/customers/new",
            [
                ("organization_id", "acme"),
                ("external_id", "only-once"),
                ("name", "Only Once"),
            ]
            .map(text)
            .into(),
        ),
        (
            "/new-connection/cashfree",
            [
                ("organization_id", "acme"),
                ("code", "only-once"),
                ("name", "Only once"),
                ("settings.client_id", "id"),
                ("settings.client_secret", "secret"),
                ("settings.environment", "sandbox"),
            ]
            .map(text)
            .into(),
        ),
    ]
}

fn with_keys(form: &Page, fields: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let key = form
        .attribute("main input[name=form_key]", "value")
        .unwrap();
    let mut all = vec![("csrf_token", form.token()), ("form_key", key)];
    all.extend(fields.iter().cloned());
    all
}

async fn customer(clerk: &mut PageClient) -> String {
    let form = clerk.get("/invoices/new").await;
    let option = "select[name=customer] option:last-child";
    form.attribute(option, "value").unwrap()
}

/// Returns the number of invoices, customers and connections.
async fn counts(clerk: &mut PageClient) -> [usize; 3] {
    let mut counts = [0; 3];
    for (count, path) in counts.iter_mut().zip(["/", "/customers", "/connections"]) {
        *count = clerk.get(path).await.count("tbody tr");
    }
    counts
}

#[tokio::test]
async fn a_form_that_is_sent_twice_creates_once_and_leads_to_the_first_result() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let customer = customer(&mut clerk).await;
    let [invoices, customers, connections] = counts(&mut clerk).await;
    for (path, fields) in forms(&customer) {
        let fields = with_keys(&clerk.get(path).await, &fields);
        // A double click: both are sent before one is answered.
        let mut other = clerk.clone();
        let (first, second) = tokio::join!(clerk.post(path, &fields), other.post(path, &fields));
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.html);
        assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.html);
        assert_eq!(first.location, second.location);
        let reloaded = clerk.post(path, &fields).await;
        assert_eq!(reloaded.location, first.location, "{}", reloaded.html);
        let shown = clerk.get(&first.location.unwrap()).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(
            shown.text().to_lowercase().contains("only"),
            "{}",
            shown.text()
        );
    }
    assert_eq!(
        counts(&mut clerk).await,
        [invoices + 1, customers + 1, connections + 1]
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_other_entries_changes_nothing_and_says_so() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let customer = customer(&mut clerk).await;
    for (path, fields) in forms(&customer) {
        let mut fields = with_keys(&clerk.get(path).await, &fields);
        let first = clerk.post(path, &fields).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.html);
        let before = counts(&mut clerk).await;
        for (name, value) in &mut fields {
            if ["purpose", "name"].contains(name) {
                value.push_str(", changed");
            }
        }
        let changed = clerk.post(path, &fields).await;
        assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY);
        changed.shows("This form was sent before with other entries, and those were saved.");
        assert_eq!(counts(&mut clerk).await, before);
        // The form has another key each time it is opened.
        let (one, two) = (clerk.get(path).await, clerk.get(path).await);
        let key = |page: &Page| page.attribute("main input[name=form_key]", "value");
        assert_ne!(key(&one), key(&two));
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_refused_form_can_be_corrected_and_sent_with_its_key() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let form = clerk.get("/customers/new").await;
    let fields = |id: &str| {
        with_keys(
            &form,
            &[
                ("organization_id", "acme".to_owned()),
                ("external_id", id.to_owned()),
            ],
        )
    };
    let taken = clerk.post("/customers/new", &fields("customer-1")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    taken.shows("is already the id of another customer");
    let created = clerk.post("/customers/new", &fields("corrected")).await;
    assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.html);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_new_invoice_is_opened_from_the_page_of_its_customer() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    for number in 0..25 {
        let customer = serde_json::json!({"organization_id": "acme",
            "external_id": format!("customer-1{number}"), "name": "Same Name"});
        app.post("/customers", &customer).await.expect_status(201);
    }
    // The seeded customer is not among the newest, and many ids begin as theirs.
    let older = clerk.get("/invoices/new?search=customer-1").await;
    older.shows("Type more to find fewer.");
    let page = clerk.get("/customers").await;
    let last = "tbody tr:last-child th a";
    let customer = page.attribute(last, "href").unwrap();
    let page = clerk.get(&customer).await;
    page.shows("New invoice");
    let link = page.attribute("main p a.button", "href").unwrap();
    let form = clerk.get(&link).await;
    let id = customer.trim_start_matches("/customers/");
    let chosen = form.attribute("select[name=customer] option[selected]", "value");
    assert_eq!(chosen.as_deref(), Some(id));
    for unknown in ["", "1", "00000000-0000-7000-8000-000000000000"] {
        let form = clerk
            .get(&format!("/invoices/new?customer={unknown}"))
            .await;
        assert_eq!(form.status, StatusCode::OK);
        assert_eq!(form.count("select[name=customer] option[selected]"), 1);
    }
    app.running.shutdown().await;
}
