//! Escaping of user input in HTML.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::{Page, PageClient};
use crate::fixture::{Application, text};

/// Markup that would break out of text, of quoted attributes and of comments.
const MARKUP: &str = "\"'></title>--><x-canary onclick=alert(1)>{{7*7}}&lt;";

fn assert_escaped(page: &Page, path: &str) {
    assert_eq!(page.count("x-canary"), 0, "{path}");
    assert_eq!(page.count("[onclick]"), 0, "{path}");
    assert_eq!(page.count("script:not([src])"), 0, "{path}");
    assert_eq!(page.count("style, [style]"), 0, "{path}");
    assert_eq!(page.count("h1"), 1, "{path}");
    assert_eq!(
        page.attribute("html", "lang").as_deref(),
        Some("en"),
        "{path}"
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.headers["cache-control"], "no-store", "{path}");
    for id in ids(page, "label[for]", "for") {
        assert!(
            ids(page, "[id]", "id").contains(&id),
            "{path}: no field for label {id}"
        );
    }
}

fn ids(page: &Page, selector: &str, name: &str) -> BTreeSet<String> {
    let selector = scraper::Selector::parse(selector).unwrap();
    let dom = page.dom();
    let found = dom.select(&selector);
    found
        .filter_map(|it| it.value().attr(name))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn stored_markup_is_escaped_on_every_page() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let fields = [
        ("organization_id", "acme"),
        ("external_id", MARKUP),
        ("name", MARKUP),
        ("email", MARKUP),
        ("phone", MARKUP),
        ("connection", "acme simulator"),
    ];
    let added = clerk
        .submit("/customers/new", "/customers/new", &fields)
        .await;
    assert_eq!(
        added.location.as_deref(),
        Some("/customers"),
        "{}",
        added.html
    );
    let customers = clerk.get("/customers").await;
    customers.shows(MARKUP);
    let customer = customers.attribute("tbody a", "href").unwrap();

    let invoice = json!({
        "organization_id": "acme", "external_customer_id": MARKUP, "amount_cents": 100,
        "currency": "INR", "purpose": MARKUP,
    });
    let invoice = text(&app.post("/invoices", &invoice).await.expect_status(201)["id"]);
    let fields = [
        ("organization_id", "acme"),
        ("code", "markup"),
        ("name", MARKUP),
        ("settings.client_id", "id"),
        ("settings.client_secret", "secret"),
        ("settings.environment", "sandbox"),
        (
            "settings.redirect_url",
            "https://example.com/?a=\"><x-canary>",
        ),
    ];
    let path = "/new-connection/cashfree";
    let added = clerk.submit(path, path, &fields).await;
    assert_eq!(
        added.location.as_deref(),
        Some("/connections/acme/markup?new"),
        "{}",
        added.text()
    );
    let asked = format!("/invoices/{invoice}/payment-link");
    // The gateway rejects the phone number.
    let asked = clerk.submit("/", &asked, &[]).await;
    asked.shows("phone");

    let invoice = format!("/invoices/{invoice}");
    let thanks = invoice.replace("invoices", "thanks");
    for path in [
        "/",
        "/customers",
        &customer,
        "/customers/new",
        &invoice,
        "/invoices/new",
        "/connections",
        "/connections/acme/markup",
        "/connections/acme/markup/settings",
        &thanks,
    ] {
        let page = clerk.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_escaped(&page, path);
    }
    for path in ["/", &invoice, "/customers", "/connections/acme/markup"] {
        clerk.get(path).await.shows(MARKUP);
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn markup_in_a_refused_form_is_escaped_and_kept() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let connection = "/new-connection/cashfree";
    let forms: [(&str, &[&str]); 3] = [
        (
            "/customers/new",
            &["organization_id", "external_id", "name", "email", "phone"],
        ),
        ("/invoices/new", &["amount", "currency", "purpose"]),
        (
            connection,
            &[
                "organization_id",
                "code",
                "name",
                "settings.client_id",
                "settings.redirect_url",
                "settings.missing_phone_number",
                "settings.base_url",
            ],
        ),
    ];
    for (path, names) in forms {
        let mut fields: Vec<_> = names.iter().map(|name| (*name, MARKUP)).collect();
        // Values that no list offers.
        fields.extend([
            ("connection", MARKUP),
            ("customer", MARKUP),
            ("settings.environment", MARKUP),
        ]);
        let refused = clerk.submit(path, path, &fields).await;
        assert_eq!(refused.status, 422, "{path}");
        assert_escaped(&refused, path);
        for name in names {
            let kept = refused.attribute(&format!("[name=\"{name}\"]"), "value");
            assert_eq!(kept.as_deref(), Some(MARKUP), "{path} {name}");
        }
    }
    let sign_in = "/sign-in?next=/%22%3E%3Cx-canary%3E";
    let mut visitor = PageClient::new(&app);
    assert_escaped(&visitor.get(sign_in).await, sign_in);
    let older = clerk.get("/?before=%22%3E%3Cx-canary%3E").await;
    assert_escaped(&older, "/?before");
    app.running.shutdown().await;
}
