//! A machine without CA certificates and with proxies in its environment: a loopback gateway is
//! reached, any other call fails, and nothing panics.

mod support;

use std::process::Command;

use payment_provider_core::{ConnectionSettings, Effect, ProviderErrorKind, RetryAdvice};
use support::*;

const CHILD: &str = "WITHOUT_CERTIFICATES_CHILD";

/// Runs in the child process, because the environment of a process must be set before it starts.
async fn calls() {
    let gateway = Scripted::acts([ok(link())]).await;
    let provider = connect(&gateway);
    let prepared = prepared(&provider);
    assert!(provider.create_checkout(&prepared).await.is_ok());

    let elsewhere = ConnectionSettings::new()
        .with("client_id", "TEST_ID")
        .with("client_secret", SECRET)
        .with("environment", "sandbox")
        .with("base_url", "https://127.0.0.1:9/pg");
    let provider = connect_with(config(), &elsewhere);
    let error = provider.create_checkout(&prepared).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Connection);
    assert_eq!(error.effect(), Effect::NotSent);
    assert_eq!(error.retry(), RetryAdvice::Never);
    println!("the child came to its end");
}

#[tokio::test]
async fn a_loopback_gateway_is_reached_without_certificates_and_proxies() {
    if std::env::var_os(CHILD).is_some() {
        calls().await;
        return;
    }
    let this = "a_loopback_gateway_is_reached_without_certificates_and_proxies";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture"])
        .env(CHILD, "1")
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown} {errors}");
    assert!(shown.contains("the child came to its end"), "{shown}");
}
