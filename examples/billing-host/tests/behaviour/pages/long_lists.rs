//! Pages of lists with more rows than a page has, and the search for a customer.

use reqwest::StatusCode;
use scraper::Selector;
use serde_json::json;

use super::client::{Page, PageClient};
use crate::fixture::Application;

async fn add_customers(app: &Application, count: usize) {
    for number in 0..count {
        let customer = json!({"organization_id": "acme", "external_id": format!("many-{number}"),
                              "name": format!("Person{number} Singh")});
        app.post("/customers", &customer).await.expect_status(201);
    }
}

/// Returns the path of a link by its text.
fn link(page: &Page, text: &str) -> Option<String> {
    let selector = Selector::parse("main a").unwrap();
    let dom = page.dom();
    let found = dom
        .select(&selector)
        .find(|it| it.text().collect::<String>() == text)?;
    found.attr("href").map(str::to_owned)
}

/// Reads a list forwards and back. `row` selects one row.
async fn forwards_and_back(clerk: &mut PageClient, path: &str, what: &str, rows: [usize; 2]) {
    let (older, newer) = (format!("Older {what}"), format!("Newer {what}"));
    let first = clerk.get(path).await;
    assert_eq!(first.count("tbody tr"), rows[0], "{path}");
    assert_eq!(link(&first, &newer), None);
    let second = clerk.get(&link(&first, &older).unwrap()).await;
    assert_eq!(second.count("tbody tr"), rows[1], "{path}");
    assert_eq!(link(&second, &older), None);
    assert_eq!(
        link(&second, &format!("Latest {what}")).as_deref(),
        Some(path)
    );
    let back = clerk.get(&link(&second, &newer).unwrap()).await;
    assert_eq!(back.count("tbody tr"), rows[0], "{path}");
    assert_eq!(
        back.text().split("Latest").next(),
        first.text().split("Older").next()
    );
    assert_eq!(link(&back, &newer), None);
    assert!(link(&back, &older).is_some());
}

#[tokio::test]
async fn every_row_of_a_long_list_can_be_reached() {
    let app = Application::start().await;
    add_customers(&app, 51).await;
    for number in 1..50 {
        app.new_invoice(number).await;
    }
    let mut clerk = PageClient::signed_in(&app).await;
    forwards_and_back(&mut clerk, "/customers", "customers", [50, 2]).await;
    forwards_and_back(&mut clerk, "/", "invoices", [50, 2]).await;

    let settings = json!({"client_id": "A", "client_secret": "b", "environment": "sandbox"});
    for number in 0..50 {
        let connection = crate::fixture::connection_json(&format!("many-{number}"), &settings);
        app.post("/connections", &connection)
            .await
            .expect_status(201);
    }
    let first = clerk.get("/connections").await;
    assert_eq!(first.count("tbody tr"), 50);
    let second = clerk.get(&link(&first, "More connections").unwrap()).await;
    assert_eq!(second.count("tbody tr"), 1);
    assert_eq!(
        link(&second, "First connections").as_deref(),
        Some("/connections")
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn any_customer_is_found_for_a_new_invoice() {
    let app = Application::start().await;
    add_customers(&app, 25).await;
    let mut clerk = PageClient::signed_in(&app).await;
    let form = clerk.get("/invoices/new").await;
    assert_eq!(form.count("select[name=customer] option"), 21);
    form.shows("The newest customers. Find others below.");
    assert!(!form.text().contains("Asha Rao"), "the oldest customer");

    for search in ["asha", "ASHA%20R", "rao", "customer-1", "asha@example"] {
        let found = clerk.get(&format!("/invoices/new?search={search}")).await;
        found.shows("Asha Rao (customer-1)");
        assert_eq!(found.count("select[name=customer] option"), 2, "{search}");
        assert_eq!(
            found.count("select[name=customer] option[selected]"),
            1,
            "{search}"
        );
    }
    let found = clerk.get("/invoices/new?search=singh").await;
    found.shows("Type more to find fewer.");
    for none in ["nobody", "sha", "%00", "%25", "_"] {
        let found = clerk.get(&format!("/invoices/new?search={none}")).await;
        assert_eq!(found.count("select[name=customer] option"), 1, "{none}");
        found.shows("No customer is found by");
    }

    // A refused form keeps the search and the choice.
    let found = clerk.get("/invoices/new?search=rao").await;
    let selected = "select[name=customer] option[selected]";
    let customer = found.attribute(selected, "value").unwrap();
    let fields = |amount: &str| {
        vec![
            ("csrf_token", found.token()),
            ("search", "rao".to_owned()),
            ("customer", customer.clone()),
            ("amount", amount.to_owned()),
            ("currency", "INR".to_owned()),
            ("purpose", "For Asha".to_owned()),
        ]
    };
    let refused = clerk.post("/invoices/new", &fields("1e3")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.attribute(selected, "value"), Some(customer.clone()));
    assert_eq!(
        refused.attribute("#search", "value").as_deref(),
        Some("rao")
    );
    let created = clerk.post("/invoices/new", &fields("10.00")).await;
    let invoice = created.location.unwrap();
    clerk.get(&invoice).await.shows("customer-1");

    // A changed name is found, and the former one is not.
    let renamed = json!({"organization_id": "acme", "external_id": "customer-1", "name": "Meera"});
    app.post("/customers", &renamed).await.expect_status(200);
    let found = clerk.get("/invoices/new?search=meera").await;
    found.shows("Meera (customer-1)");
    let found = clerk.get("/invoices/new?search=asha").await;
    found.shows("No customer is found by");
    app.running.shutdown().await;
}

#[tokio::test]
async fn older_webhooks_are_reached_on_the_page_of_the_connection() {
    let app = Application::start().await;
    for _ in 0..11 {
        let invoice = app.new_invoice(100).await;
        app.payment_url(&invoice).await;
        let link = app.link(&invoice).await;
        let pay = format!("/links/{link}/pay");
        app.simulator_post(&pay, &json!({})).await;
    }
    let deliveries = "/connections/simulator/deliveries?organization_id=acme";
    test_support::until(async || {
        let page = app.get(deliveries).await.expect_status(200);
        match page["deliveries"].as_array().unwrap().len() {
            22 => Ok(()),
            count => Err(format!("{count} webhooks")),
        }
    })
    .await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = "/connections/acme/simulator";
    let first = clerk.get(path).await;
    assert_eq!(first.count("tbody tr"), 20);
    let older = link(&first, "Older webhooks").unwrap();
    let second = clerk.get(older.split('#').next().unwrap()).await;
    assert_eq!(second.count("tbody tr"), 2);
    let latest = link(&second, "Latest webhooks").unwrap();
    assert_eq!(latest, format!("{path}#deliveries"));
    app.running.shutdown().await;
}
