//! Accounts and their connections.

use payment_provider_conformance::fake::FakeGateway;
use payment_provider_core::*;
use secrecy::SecretString;

use crate::fixture::{Fixture, locator};

#[tokio::test]
async fn accounts_share_nothing() {
    let fixture = Fixture::new();
    let other = fixture.gateway.connect("other");
    fixture.checkout("r").await.pay();
    let found = other.fetch_checkout(&locator("r")).await;
    assert_eq!(found.unwrap_err().kind(), ProviderErrorKind::NotFound);
    let cancelled = other.cancel_checkout(&locator("r")).await;
    assert_eq!(cancelled.unwrap_err().kind(), ProviderErrorKind::NotFound);
    let made = other.create_checkout(&fixture.prepared("r")).await.unwrap();
    assert!(matches!(made, CreatedCheckout::Created(_)));

    let (main, second) = (
        fixture.gateway.account("main"),
        fixture.gateway.account("other"),
    );
    assert_eq!(main.checkout("r").status(), CheckoutStatus::Paid);
    assert_eq!(second.checkout("r").status(), CheckoutStatus::Open);
    assert_eq!((main.checkouts().len(), second.deliveries().len()), (1, 0));
    let request = main.deliveries()[0].request();
    let error = other.handle_webhook(&request).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature);
    let returns = other.signed_returns().unwrap();
    assert!(
        returns
            .verify_return(&main.checkout("r").return_url())
            .is_err()
    );

    let customer = fixture.request("r").customer;
    let mine = fixture.provider.link_customer(&customer).await.unwrap();
    let theirs = other.link_customer(&customer).await.unwrap();
    assert_ne!(mine.remote_id, theirs.remote_id);
    let callers: Vec<_> = fixture
        .gateway
        .calls()
        .into_iter()
        .map(|call| call.account)
        .collect();
    assert_eq!(
        callers,
        ["main", "other", "other", "other", "main", "other"]
    );
}

#[test]
#[should_panic(expected = "there is no checkout `r`")]
fn an_unknown_checkout_panics() {
    FakeGateway::new().checkout("r");
}

#[tokio::test]
async fn environments_share_nothing() {
    let fixture = Fixture::new();
    let settings = fixture
        .gateway
        .settings("main")
        .with("environment", "production");
    let live = fixture.gateway.factory().connect(&settings).unwrap();
    assert_eq!(live.environment(), Environment::Production);
    assert_eq!(fixture.provider.environment(), Environment::Sandbox);
    fixture.checkout("r").await;
    assert!(live.fetch_checkout(&locator("r")).await.is_err());
    let prepared = live.prepare_checkout(&fixture.request("r")).unwrap();
    live.create_checkout(&prepared).await.unwrap();
    let account = fixture.gateway.account("main").in_production();
    account.checkout("r").pay();
    let request = account.deliveries()[0].request();
    let webhook = live.handle_webhook(&request).await.unwrap();
    assert_eq!(webhook.environment(), Environment::Production);
    assert_eq!(fixture.fetch("r").await.status, CheckoutStatus::Open);
}

#[tokio::test]
async fn clones_share_the_gateway() {
    let fixture = Fixture::new();
    let again = fixture.gateway.clone().connect("main");
    fixture.create("r").await.unwrap();
    assert!(again.fetch_checkout(&locator("r")).await.is_ok());
    assert!(FakeGateway::new().checkouts().is_empty());
}

#[test]
fn all_violations_of_settings_are_reported_at_once() {
    let gateway = FakeGateway::new();
    let settings = ConnectionSettings::new()
        .with("secrets", Vec::<SecretString>::new())
        .with("environment", "moon")
        .with("colour", "canary");
    let violations = gateway.factory().connect(&settings).unwrap_err();
    assert_eq!(
        violations.to_string(),
        "account: is required; secrets: is required; environment: must be one of: sandbox, \
         production; colour: is not a setting of this provider"
    );
    let mut registry = ProviderRegistry::new();
    registry.register(gateway.factory()).unwrap();
    assert!(registry.get(&ProviderId::new("fake").unwrap()).is_ok());
}

#[tokio::test]
async fn revoked_credentials_are_a_result_of_the_check_and_an_error_of_other_calls() {
    let fixture = Fixture::new();
    let account = fixture.gateway.account("main");
    let check = fixture.provider.check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Accepted);
    assert_eq!(check.environment, Environment::Sandbox);
    account.revoke_credentials();
    let check = fixture.provider.check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Rejected);
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ProviderErrorKind::Authentication, Some(401))
    );
    assert_eq!(error.effect(), Effect::Rejected);
    account.restore_credentials();
    fixture.create("r").await.unwrap();
    assert_eq!(
        fixture.gateway.calls(),
        [
            "check_connection",
            "check_connection",
            "create_checkout r",
            "create_checkout r"
        ]
    );
}

#[tokio::test]
async fn the_first_connection_determines_the_signing_secret() {
    let gateway = FakeGateway::new();
    let settings = ConnectionSettings::new()
        .with("account", "main")
        .with("secrets", "k1");
    let host = gateway.factory().connect(&settings).unwrap();
    let ping = gateway.account("main").ping();
    assert!(host.handle_webhook(&ping.request()).await.is_ok());
    // Later connections with the gateway's settings use the same secret.
    let second = gateway.connect("main");
    assert!(second.handle_webhook(&ping.request()).await.is_ok());
    let wrong = gateway.settings("main").with("secrets", "k2");
    let wrong = gateway.factory().connect(&wrong).unwrap();
    assert!(wrong.handle_webhook(&ping.request()).await.is_err());
    assert!(host.handle_webhook(&ping.request()).await.is_ok());
}
