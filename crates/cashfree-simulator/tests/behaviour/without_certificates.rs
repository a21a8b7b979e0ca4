//! A machine without CA certificates.

use std::process::Command;

use cashfree_simulator::{Endpoint, PaymentAttempt, SimulatorConfig, WebhookDeliveryState};

use crate::gateway::{CLIENT, Receiver, SECRET, link};

/// The test body, run in a child process. A process's environment must be set before it starts, and the HTTP client
/// of the other tests cannot be built there.
#[tokio::test]
#[ignore = "started by the test below, with the environment it needs"]
async fn child() {
    let receiver = Receiver::start().await;
    let config = SimulatorConfig::new()
        .with_endpoint(Endpoint::new(&receiver.url))
        .with_endpoint(Endpoint::new("https://127.0.0.1:9/hook"));
    let mut settings = cashfree_simulator::Settings::default();
    settings.retry_delays_seconds.clear();
    let simulator = cashfree_simulator::Simulator::new(config.with_settings(settings)).unwrap();
    let running = simulator.start("127.0.0.1:0").await.unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let created = http
        .post(format!("{}/links", running.api_base_url()))
        .header("x-client-id", CLIENT)
        .header("x-client-secret", SECRET)
        .header("x-api-version", "2025-01-01")
        .header("content-type", "application/json")
        .body(link("c", ""))
        .send()
        .await
        .unwrap();
    assert_eq!(created.status().as_u16(), 200);
    simulator.pay("c", PaymentAttempt::new()).unwrap();
    simulator.deliveries_idle().await;
    assert_eq!(receiver.arrivals().len(), 2);
    let deliveries = simulator.deliveries();
    let secure: Vec<_> = deliveries
        .iter()
        .filter(|delivery| delivery.url.starts_with("https"))
        .collect();
    assert_eq!(secure.len(), 2);
    for delivery in secure {
        assert_eq!(delivery.state, WebhookDeliveryState::Failed);
        let error = delivery.attempts[0].error.as_deref();
        assert_eq!(
            error,
            Some("https cannot be used: this machine has no CA certificates")
        );
    }
    println!("the child finished");
}

#[test]
fn a_simulator_runs_without_ca_certificates() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "without_certificates::child",
            "--nocapture",
        ])
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown} {errors}");
    assert!(shown.contains("the child finished"), "{shown}");
}
