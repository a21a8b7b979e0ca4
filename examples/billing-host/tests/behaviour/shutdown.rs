use std::sync::Arc;

use billing_host::{BillingHost, DatabaseLocation, Options, StartError};
use serde_json::{Value, json};
use test_support::FrozenTime;

use crate::fixture::{Application, text};

#[tokio::test]
async fn a_request_in_progress_is_finished_before_shutdown() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        ..Options::default()
    };
    let app = Application::with(options.clone()).await;
    let invoice = app.seeded_invoice().await;
    let delay = json!({"operation": "create_link", "fault": "delay", "delay_ms": 300});
    app.simulator_post("/faults", &delay).await;
    // Time stands still, so the delayed response arrives only after the shutdown has begun.
    let frozen = FrozenTime::start();
    let Application { running, http } = app;
    let url = format!("{}/api/v1/invoices/{invoice}/payment_url", running.url());
    let ask = http.post(url).bearer_auth(running.api_key()).send();
    let ask = tokio::spawn(ask);
    let app = Application { running, http };
    app.wait_for_faults().await;
    let url = app.running.url().to_owned();
    tokio::join!(app.running.shutdown(), async { drop(frozen) });
    let response = ask.await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    let response: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let page = text(&response["invoice_payment_details"]["payment_url"]);
    assert!(
        app.http.get(format!("{url}/healthz")).send().await.is_err(),
        "still served"
    );

    let app = Application::with(options).await;
    let kept = app.invoice(&invoice).await;
    assert_eq!(kept["checkouts"][0]["payment_url"], page);
    assert_eq!(
        app.get("/invoices").await.expect_status(200)["invoices"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_temporary_database_is_removed_at_shutdown() {
    let app = Application::start().await;
    let directory = app
        .running
        .database()
        .unwrap()
        .parent()
        .unwrap()
        .to_path_buf();
    assert!(directory.join("billing.db").exists() && directory.join("billing.db.key").exists());
    app.running.shutdown().await;
    assert!(!directory.exists());

    let app = Application::start().await;
    let directory = app
        .running
        .database()
        .unwrap()
        .parent()
        .unwrap()
        .to_path_buf();
    drop(app.running);
    assert!(!directory.exists());
}

#[tokio::test]
async fn an_address_in_use_is_reported_with_its_option() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let options = Options {
        listen: address,
        ..Options::default()
    };
    let error = BillingHost::start(options).await.unwrap_err();
    assert!(
        matches!(
            error,
            StartError::Listen {
                flag: "--listen",
                ..
            }
        ),
        "{error}"
    );
    let options = Options {
        gateway: billing_host::GatewayTarget::EmbeddedSimulator(address),
        ..Options::default()
    };
    let error = BillingHost::start(options).await.unwrap_err();
    let message =
        format!("cannot listen on {address}; choose another address with --simulator-listen");
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn concurrent_clients_get_correct_totals() {
    let app = Arc::new(Application::start().await);
    let clients = (1..=20).map(|amount| {
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let invoice = app.new_invoice(amount * 100).await;
            app.payment_url(&invoice).await;
            let link = app.link(&invoice).await;
            app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
                .await;
            let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
            let paid = app.invoice_until(&invoice, is_paid).await;
            assert_eq!(paid["amount_paid_cents"], amount * 100);
            assert_eq!(paid["surplus_cents"], 0);
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}
