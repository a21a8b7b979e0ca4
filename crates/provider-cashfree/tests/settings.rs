//! The settings that a connection accepts.

mod support;

use payment_provider_core::{
    ConnectionSettings, Environment, ProviderFactory, ProviderRegistry, SettingKind, Violations,
};
use provider_cashfree::{CashfreeConfig, CashfreeFactory, RetryTuning};
use secrecy::SecretString;
use std::time::Duration;
use support::SECRET;

fn good() -> ConnectionSettings {
    ConnectionSettings::new()
        .with("client_id", "TEST_ID")
        .with("client_secret", SECRET)
        .with("environment", "sandbox")
}

fn refused(settings: &ConnectionSettings) -> Violations {
    let factory = CashfreeFactory::new().unwrap();
    let Err(violations) = factory.connect(settings) else {
        panic!("accepted: {settings:?}");
    };
    violations
}

#[test]
fn minimal_and_complete_settings_are_accepted() {
    let config = CashfreeConfig::new().with_allowed_hosts(["gateway.example"]);
    let factory = CashfreeFactory::with_config(config).unwrap();
    let least = factory.connect(&good()).unwrap();
    assert_eq!(least.environment(), Environment::Sandbox);
    let most = good()
        .with("environment", "production")
        .with(
            "client_secret",
            vec![SecretString::from("a"), SecretString::from("b")],
        )
        .with("base_url", "https://gateway.example/pg")
        .with("redirect_url", "https://shop.example/thanks?a=b")
        .with("api_version", "2023-08-01")
        .with("missing_phone_number", "+91 80404 04040")
        .with("low_trust_limits", true);
    let most = factory.connect(&most).unwrap();
    assert_eq!(most.environment(), Environment::Production);
}

#[test]
fn all_violations_are_reported_together_without_values() {
    let canary = "canary canary";
    let settings = ConnectionSettings::new()
        .with("client_id", canary)
        .with("client_secret", canary)
        .with("environment", canary)
        .with("base_url", "http://canary.example/pg")
        .with("redirect_url", "http://canary.example/")
        .with("api_version", canary)
        .with("missing_phone_number", canary)
        .with("low_trust_limits", canary)
        .with("canary-canary-canary-canary-canary", canary);
    let violations = refused(&settings);
    for field in [
        "client_id",
        "client_secret",
        "environment",
        "base_url",
        "redirect_url",
        "api_version",
        "missing_phone_number",
        "low_trust_limits",
        "(unknown field)",
    ] {
        assert!(violations.names(field), "{field} is not among {violations}");
    }
    let shown = format!("{violations} {violations:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn missing_required_settings_are_reported() {
    let violations = refused(&ConnectionSettings::new());
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
    assert_eq!(fields, ["client_id", "client_secret", "environment"]);
}

#[test]
fn each_setting_is_checked() {
    let long = format!("https://shop.example/{}", "x".repeat(230));
    let umlauts = format!("https://shop.example/{}", "ü".repeat(100));
    for (field, value) in [
        ("client_id", "with blank"),
        ("client_id", "ümlaut"),
        ("client_secret", "with blank"),
        ("client_secret", "secret\u{a0}x"),
        ("environment", "test"),
        ("environment", "Sandbox"),
        ("api_version", "2099-01-01"),
        ("base_url", "sandbox.cashfree.com/pg"),
        ("base_url", "http://sandbox.cashfree.com/pg"),
        ("base_url", "https://api.cashfree.com/pg"),
        ("base_url", "https://api.cashfree.com./pg"),
        ("base_url", "https://id:secret@gateway.example/pg"),
        ("base_url", "https://gateway.example/pg?a=b"),
        ("base_url", "https://gateway.example/pg#a"),
        ("base_url", "unix:/run/gateway"),
        ("redirect_url", "http://shop.example/"),
        ("redirect_url", "https://a@shop.example/"),
        ("redirect_url", "javascript:alert(1)"),
        ("redirect_url", &long),
        ("redirect_url", &umlauts),
        ("missing_phone_number", "12345"),
        ("missing_phone_number", "+910963854424"),
        ("missing_phone_number", "99999 9999x"),
    ] {
        let violations = refused(&good().with(field, value));
        assert_eq!(
            violations.iter().count(),
            1,
            "{field} {value}: {violations}"
        );
        assert!(violations.names(field), "{field} {value}: {violations}");
    }
}

#[test]
fn plain_http_is_only_accepted_on_loopback_in_sandbox() {
    let factory = CashfreeFactory::new().unwrap().with_loopback(true);
    for field in ["base_url", "redirect_url"] {
        for address in [
            "http://127.0.0.1:3001/pg",
            "http://[::1]:3001/pg",
            "http://localhost/pg",
        ] {
            let sandbox = good().with(field, address);
            assert!(factory.connect(&sandbox).is_ok(), "{field} {address}");
            let production = sandbox.with("environment", "production");
            assert!(refused(&production).names(field), "{field} {address}");
        }
    }
}

#[test]
fn the_gateway_address_is_at_a_host_of_cashfree_or_of_the_configuration() {
    let violation = |factory: &CashfreeFactory, environment: &str, address: &str| {
        let settings = good()
            .with("environment", environment)
            .with("base_url", address);
        let violations = factory.connect(&settings).err()?;
        Some(violations.to_string())
    };
    let plain = CashfreeFactory::new().unwrap();
    for (environment, own) in [
        ("sandbox", "https://sandbox.cashfree.com/pg"),
        ("production", "https://api.cashfree.com/pg"),
        ("production", "https://API.cashfree.com./pg/"),
    ] {
        assert_eq!(violation(&plain, environment, own), None, "{own}");
    }
    let elsewhere = "https://gateway.example/pg";
    assert_eq!(
        violation(&plain, "production", elsewhere).unwrap(),
        "base_url: must be at an allowed host: api.cashfree.com"
    );
    for here in ["http://127.0.0.1:3001/pg", "https://localhost/pg"] {
        let found = violation(&plain, "sandbox", here).unwrap();
        let hosts = "base_url: must be at an allowed host: sandbox.cashfree.com";
        assert_eq!(found, hosts, "{here}");
    }
    let config = CashfreeConfig::new().with_allowed_hosts(["gateway.example"]);
    let more = CashfreeFactory::with_config(config).unwrap();
    assert_eq!(violation(&more, "production", elsewhere), None);
    assert!(violation(&more, "production", "https://other.example/pg").is_some());
}

#[test]
fn secrets_are_bound_to_the_address_the_environment_and_the_account() {
    let factory = CashfreeFactory::new().unwrap();
    let schema = &factory.descriptor().settings;
    let binding = |settings: &ConnectionSettings| schema.secret_binding(settings);
    let bound = binding(&good());
    for (field, value) in [
        ("client_id", "OTHER_ID"),
        ("environment", "production"),
        ("base_url", "https://gateway.example/pg"),
        // The default, written out.
        ("base_url", "https://sandbox.cashfree.com/pg"),
    ] {
        let changed = binding(&good().with(field, value));
        assert_eq!(changed.differences(&bound), [field]);
    }
    for (field, value) in [
        ("api_version", "2023-08-01"),
        ("redirect_url", "https://shop.example/"),
        ("client_secret", "another"),
    ] {
        assert_eq!(binding(&good().with(field, value)), bound, "{field}");
    }
}

#[test]
fn later_secrets_are_checked_too() {
    let secrets = vec![SecretString::from("good"), SecretString::from("not good")];
    assert!(refused(&good().with("client_secret", secrets)).names("client_secret"));
    let none = Vec::<SecretString>::new();
    assert!(refused(&good().with("client_secret", none)).names("client_secret"));
}

#[test]
fn the_descriptor_describes_the_settings_form() {
    let factory = CashfreeFactory::new().unwrap();
    let descriptor = factory.descriptor();
    assert_eq!(descriptor.id.as_str(), "cashfree");
    assert!(descriptor.capabilities.partial_payments);
    assert!(descriptor.capabilities.notify_url);
    assert!(descriptor.capabilities.cancellation);
    assert!(!descriptor.capabilities.remote_customers);
    assert!(descriptor.webhook_setup.contains("Developers > Webhooks"));
    let secret = descriptor.settings.field("client_secret").unwrap();
    assert_eq!(secret.kind, SettingKind::SecretList);
    let secrets = descriptor
        .settings
        .fields()
        .iter()
        .filter(|field| field.is_secret());
    assert_eq!(secrets.count(), 1);
    let version = descriptor.settings.field("api_version").unwrap();
    assert_eq!(version.default, Some("2025-01-01"));
    let SettingKind::Choice { choices } = &version.kind else {
        panic!("not a choice");
    };
    assert!(
        choices
            .iter()
            .any(|choice| Some(choice.value) == version.default)
    );
}

#[test]
fn the_factory_can_be_registered() {
    let mut registry = ProviderRegistry::new();
    registry.register(CashfreeFactory::new().unwrap()).unwrap();
    assert_eq!(registry.iter().count(), 1);
}

#[test]
fn a_configuration_out_of_range_is_refused() {
    let long = Duration::from_hours(25);
    let retry = RetryTuning::new();
    let base = CashfreeConfig::new;
    for (part, config) in [
        (
            "connect_timeout",
            base().with_connect_timeout(Duration::ZERO),
        ),
        ("request_timeout", base().with_request_timeout(long)),
        (
            "operation_deadline",
            base().with_operation_deadline(Duration::MAX),
        ),
        ("retry", base().with_retry(retry.with_max_attempts(0))),
        ("retry", base().with_retry(retry.with_max_attempts(21))),
        (
            "retry",
            base().with_retry(retry.with_pauses(Duration::ZERO, long)),
        ),
        (
            "retry",
            base().with_retry(retry.with_pauses(long, Duration::from_secs(1))),
        ),
    ] {
        let error = CashfreeFactory::with_config(config).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}
