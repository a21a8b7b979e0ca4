//! A stored secret never reaches an address that it was not entered for, at any gateway.

use std::net::TcpListener;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Connection;

use super::client::{Page, PageClient};
use crate::fixture::Application;

/// A connection of a gateway with its secrets.
struct Account {
    provider: &'static str,
    settings: Value,
    secrets: &'static [(&'static str, &'static str)],
}

fn accounts() -> [Account; 2] {
    [
        Account {
            provider: "cashfree",
            settings: json!({"client_id": "TEST_SIMULATOR", "environment": "sandbox"}),
            secrets: &[("client_secret", "cfsk_ma_test_simulator")],
        },
        Account {
            provider: "razorpay",
            settings: json!({"key_id": "rzp_test_AbCdEf01234567", "environment": "sandbox"}),
            secrets: &[
                ("key_secret", "canary-key-secret-4c1d"),
                ("webhook_secrets", "canary-hook-secret-91aa"),
            ],
        },
    ]
}

/// A listener of someone who wants the secret.
struct Foreign(TcpListener);

impl Foreign {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/pg", self.0.local_addr().unwrap())
    }

    fn was_called(&self) -> bool {
        self.0.accept().is_ok()
    }
}

async fn add(app: &Application, account: &Account, base_url: &str) -> String {
    let mut settings = account.settings.clone();
    for (field, secret) in account.secrets {
        settings[*field] = json!(secret);
    }
    settings["base_url"] = json!(base_url);
    let connection = json!({
        "organization_id": "acme", "provider": account.provider, "code": account.provider,
        "name": account.provider, "settings": settings,
    });
    app.post("/connections", &connection)
        .await
        .expect_status(201);
    format!("/connections/acme/{}", account.provider)
}

/// Submits the settings form with this address and these secrets.
async fn save(
    clerk: &mut PageClient,
    path: &str,
    account: &Account,
    base_url: &str,
    secrets: &[(&str, &str)],
) -> Page {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, value) in account.settings.as_object().unwrap() {
        let value = value.as_str().unwrap().to_owned();
        fields.push((format!("settings.{name}"), value));
    }
    fields.push(("settings.base_url".to_owned(), base_url.to_owned()));
    for (name, value) in secrets {
        fields.push((format!("settings.{name}"), (*value).to_owned()));
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let edit = format!("{path}/settings");
    clerk.submit(&edit, &edit, &fields).await
}

#[tokio::test]
async fn a_new_gateway_address_asks_for_the_secrets_at_their_fields() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let here = format!("{}/pg", app.running.simulator_url().unwrap());
    for account in &accounts() {
        let path = add(&app, account, &here).await;
        let edit = clerk.get(&format!("{path}/settings")).await;
        let foreign = Foreign::listen();
        let refused = save(&mut clerk, &path, account, &foreign.url(), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, secret) in account.secrets {
            let selector = format!("[name=\"settings.{field}\"]");
            assert_eq!(edit.count(&selector), 0, "a list has its own page");
            assert_eq!(refused.count(&selector), 1);
            assert_eq!(refused.count(&format!("#settings\\.{field}-error")), 1);
            assert!(!refused.html.contains(secret));
        }
        refused.shows("must be given again, because it is bound to base_url");
        let check = format!("{path}/check");
        clerk.submit(&path, &check, &[]).await;
        assert!(!foreign.was_called(), "{}", account.provider);

        // A wrong entry elsewhere keeps the secrets that were typed.
        let wrong = save(&mut clerk, &path, account, "ftp://nowhere", account.secrets).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, _) in account.secrets {
            let draft = format!("[name=\"draft.settings.{field}\"]");
            assert_eq!(wrong.count(&draft), 1, "{field}");
        }
        let moved = save(&mut clerk, &path, account, &foreign.url(), account.secrets).await;
        assert_eq!(moved.location.as_deref(), Some(path.as_str()));
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_address_altered_in_the_database_gets_no_secret() {
    let app = Application::start().await;
    let here = format!("{}/pg", app.running.simulator_url().unwrap());
    let database = format!("sqlite:{}", app.running.database().unwrap().display());
    for account in &accounts() {
        add(&app, account, &here).await;
        let foreign = Foreign::listen();
        let mut connection = sqlx::SqliteConnection::connect(&database).await.unwrap();
        let alter =
            "UPDATE connections SET plain_settings = replace(plain_settings, ?, ?) WHERE code = ?";
        let altered = sqlx::query(alter)
            .bind(&here)
            .bind(foreign.url())
            .bind(account.provider)
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(altered.rows_affected(), 1);
        connection.close().await.unwrap();
        let path = format!(
            "/connections/{}/check?organization_id=acme",
            account.provider
        );
        let check = app.post_empty(&path).await;
        check.expect_problem(500, "secrets_unusable");
        let detail = check.json["detail"].as_str().unwrap();
        let field = account.secrets[0].0;
        assert!(detail.contains(&format!("`{field}`")), "{detail}");
        assert!(!foreign.was_called(), "{}", account.provider);
        for (_, secret) in account.secrets {
            assert!(!check.text.contains(secret));
        }
    }
    app.running.shutdown().await;
}
