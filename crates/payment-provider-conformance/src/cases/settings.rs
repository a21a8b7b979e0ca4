//! Invalid settings are reported completely, and without their values.

use std::collections::BTreeSet;

use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{ConnectionSettings, SettingKind, SettingValue, Violations};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, GuardedProvider};
use crate::harness::MerchantAccount;

pub(super) const CASES: &[Case] = &[
    case!(
        "settings.connects",
        contract::CONNECT,
        [],
        "valid settings connect, and the provider has the descriptor of its factory",
        connects
    ),
    case!(
        "settings.sends-nothing",
        contract::CONNECT,
        [Http],
        "connecting sends nothing, since a host opens thousands of connections",
        sends_nothing
    ),
    case!(
        "settings.schema-is-complete",
        contract::DESCRIPTOR,
        [],
        "a host can render the form: every field has a label and a unique name",
        schema_is_complete
    ),
    case!(
        "settings.address-binds-secrets",
        contract::BINDS_SECRETS,
        [Http],
        "a setting that decides where requests go binds the secrets, so that none is sent to another address",
        address_binds_secrets
    ),
    case!(
        "settings.reports-all-violations",
        contract::CONNECT,
        [],
        "all missing settings are reported at once, each with its field",
        reports_all_violations
    ),
    case!(
        "settings.names-each-missing-field",
        contract::CONNECT,
        [],
        "a single missing setting is the one that is named",
        names_each_missing_field
    ),
    case!(
        "settings.rejects-unknown-settings",
        contract::CONNECT,
        [],
        "an unknown setting is probably a typing error, so it is rejected",
        rejects_unknown_settings
    ),
    case!(
        "settings.rejects-blank-secrets",
        contract::CONNECT,
        [],
        "a blank secret is rejected",
        rejects_blank_secrets
    ),
    case!(
        "settings.never-echoes-values",
        contract::CONNECT,
        [],
        "an error about a value does not contain the value",
        never_echoes_values
    ),
];

async fn connects(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let factory = fixture.descriptor();
    ensure!(
        account.provider.descriptor() == factory,
        "the descriptors of the provider and the factory differ"
    );
    ensure!(
        fixture.factory.descriptor() == factory,
        "the descriptor changes between calls"
    );
    Ok(())
}

async fn sends_nothing(fixture: Fixture) -> CaseResult {
    let before = fixture.first.call_count().await;
    for _ in 0..3 {
        fixture.reconnect(&[0])?;
    }
    fixture
        .first
        .expect_no_calls_since(before, "in connect")
        .await
}

async fn schema_is_complete(fixture: Fixture) -> CaseResult {
    let descriptor = fixture.descriptor();
    ensure!(
        !descriptor.display_name.trim().is_empty(),
        "the descriptor has no display name"
    );
    let setup = descriptor.webhook_setup.trim();
    ensure!(
        !setup.is_empty(),
        "the descriptor does not say where to enter the webhook URL"
    );
    let mut names = BTreeSet::new();
    for field in descriptor.settings.fields() {
        ensure!(
            !field.label.trim().is_empty(),
            "the field {} has no label",
            field.name
        );
        ensure!(
            names.insert(field.name),
            "the field {} occurs twice",
            field.name
        );
        if let SettingKind::Choice { choices } = &field.kind {
            ensure!(
                !choices.is_empty(),
                "the field {} has no choices",
                field.name
            );
        }
    }
    for (name, _) in &fixture.first.settings {
        ensure!(
            names.contains(name.as_str()),
            "the setting {name} is not in the schema"
        );
    }
    Ok(())
}

/// Sets each field that is not marked, and that may hold an address, to the address of another server. No
/// request may arrive there.
async fn address_binds_secrets(fixture: Fixture) -> CaseResult {
    let elsewhere = fixture.open(MerchantAccount::new(0, [0])).await?;
    let url = elsewhere.address();
    let bare = url.as_str().trim_end_matches('/');
    let without_scheme = bare.trim_start_matches("http://");
    let host = url.host_str().unwrap_or_default();
    let prepared = fixture.prepared("moved")?;
    for field in fixture.descriptor().settings.fields() {
        let addresses: &[&str] = match field.kind {
            _ if field.binds_secrets => continue,
            SettingKind::Url => &[bare],
            SettingKind::Text => &[bare, without_scheme, host],
            _ => continue,
        };
        for address in addresses {
            let settings = fixture.first.settings.clone().with(field.name, *address);
            let moved = GuardedProvider::try_connect(&*fixture.factory, &settings)?;
            let Ok(moved) = moved else { continue };
            let before = elsewhere.call_count().await;
            // The results are not of interest: the other server may answer in any way.
            let _ = moved.check().await?;
            let _ = moved.create(&prepared).await?;
            let arrived = elsewhere.call_count().await - before;
            ensure!(
                arrived == 0,
                "requests go to the address in {}, but its field is not marked: mark it with \
                 SettingField::binds_secrets, so that a host asks for the secrets when it changes",
                field.name
            );
        }
    }
    Ok(())
}

async fn reports_all_violations(fixture: Fixture) -> CaseResult {
    let violations = rejected(&fixture, &ConnectionSettings::new(), "no settings at all")?;
    for field in fixture.descriptor().settings.fields() {
        if field.required {
            let named = violations.names(field.name);
            ensure!(
                named,
                "{} is missing, but is not among the violations",
                field.name
            );
        }
    }
    Ok(())
}

async fn names_each_missing_field(fixture: Fixture) -> CaseResult {
    for field in fixture.descriptor().settings.fields() {
        if field.required {
            let settings = changed(&fixture, |name, value| {
                (name != field.name).then(|| value.clone())
            });
            let violations = rejected(&fixture, &settings, &format!("no {}", field.name))?;
            let named = violations.names(field.name);
            ensure!(
                named,
                "{} is missing, but the error is: {violations}",
                field.name
            );
        }
    }
    Ok(())
}

async fn rejects_unknown_settings(fixture: Fixture) -> CaseResult {
    let settings = fixture.first.settings.clone().with("no_such_setting", "x");
    let violations = rejected(&fixture, &settings, "an unknown setting")?;
    let named = violations.names("no_such_setting");
    ensure!(named, "an unknown setting is not named: {violations}");
    Ok(())
}

async fn rejects_blank_secrets(fixture: Fixture) -> CaseResult {
    for field in fixture.descriptor().settings.fields() {
        let blank = match (&field.kind, field.required) {
            (SettingKind::Secret, true) => SettingValue::from(""),
            (SettingKind::SecretList, true) => SettingValue::List(vec![SecretString::from("")]),
            _ => continue,
        };
        let settings = fixture.first.settings.clone().with(field.name, blank);
        let violations = rejected(&fixture, &settings, &format!("a blank {}", field.name))?;
        let named = violations.names(field.name);
        ensure!(
            named,
            "{} is blank, but the error is: {violations}",
            field.name
        );
    }
    Ok(())
}

async fn never_echoes_values(fixture: Fixture) -> CaseResult {
    const CANARY: &str = "canary\u{1}never shown anywhere";
    let fields = fixture.descriptor().settings.fields().to_vec();
    for field in fields {
        let long = format!("{CANARY}{}", "x".repeat(field.max_length));
        for text in [CANARY, &long] {
            let value = match field.kind {
                SettingKind::SecretList => SettingValue::List(vec![SecretString::from(text)]),
                _ => SettingValue::from(text),
            };
            let settings = fixture.first.settings.clone().with(field.name, value);
            let Err(violations) = GuardedProvider::try_connect(&*fixture.factory, &settings)?
            else {
                continue;
            };
            let shown = format!("{violations} {violations:?}");
            ensure!(
                !shown.contains("canary"),
                "the error about {} contains its value",
                field.name
            );
        }
    }
    Ok(())
}

fn changed(
    fixture: &Fixture,
    keep: impl Fn(&str, &SettingValue) -> Option<SettingValue>,
) -> ConnectionSettings {
    let mut settings = ConnectionSettings::new();
    for (name, value) in &fixture.first.settings {
        if let Some(value) = keep(name, value) {
            settings.set(name.clone(), value);
        }
    }
    settings
}

fn rejected(
    fixture: &Fixture,
    settings: &ConnectionSettings,
    what: &str,
) -> Result<Violations, CaseFailure> {
    match GuardedProvider::try_connect(&*fixture.factory, settings)? {
        Ok(_) => fail!("connect accepts {what}"),
        Err(violations) => Ok(violations),
    }
}
