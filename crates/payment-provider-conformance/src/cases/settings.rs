//! A merchant who types something wrong is told all of it, and nobody is told what was typed.

use std::collections::BTreeSet;

use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{ConnectionSettings, SettingKind, SettingValue, Violations};

use crate::bench::{Bench, Watched};
use crate::case::{CONNECT, Case, DESCRIPTOR, Failure, Verdict, case, ensure, fail};

pub(super) const CASES: &[Case] = &[
    case!(
        "settings.connects",
        CONNECT,
        [],
        "the right settings connect, and the provider is described as its factory says",
        connects
    ),
    case!(
        "settings.sends-nothing",
        CONNECT,
        [Http],
        "connecting is not asking: a host opens thousands of connections",
        sends_nothing
    ),
    case!(
        "settings.schema-is-complete",
        DESCRIPTOR,
        [],
        "a host can draw the form: every field has a label, every name is in the schema once",
        schema_is_complete
    ),
    case!(
        "settings.tells-all-violations",
        CONNECT,
        [],
        "everything that is missing is told at once, each with its field",
        tells_all_violations
    ),
    case!(
        "settings.names-each-missing-field",
        CONNECT,
        [],
        "a single field that is missing is the one that is named",
        names_each_missing_field
    ),
    case!(
        "settings.refuses-what-it-does-not-know",
        CONNECT,
        [],
        "a setting of another name is a typing error, not something to pass over",
        refuses_what_it_does_not_know
    ),
    case!(
        "settings.refuses-blank-secrets",
        CONNECT,
        [],
        "a secret of no characters signs nothing",
        refuses_blank_secrets
    ),
    case!(
        "settings.never-echoes-values",
        CONNECT,
        [],
        "an error about a value does not show the value",
        never_echoes_values
    ),
];

async fn connects(bench: Bench) -> Verdict {
    let party = &bench.first;
    let factory = bench.descriptor();
    ensure!(
        party.provider.descriptor() == factory,
        "provider and factory differ in descriptors"
    );
    ensure!(
        bench.factory.descriptor() == factory,
        "the descriptor is another at the next call"
    );
    Ok(())
}

async fn sends_nothing(bench: Bench) -> Verdict {
    let before = bench.first.calls().await;
    for _ in 0..3 {
        bench.reconnect(&[0])?;
    }
    bench.first.quiet_since(before, "in connect").await
}

async fn schema_is_complete(bench: Bench) -> Verdict {
    let descriptor = bench.descriptor();
    ensure!(
        !descriptor.display_name.trim().is_empty(),
        "there is no display name"
    );
    let setup = descriptor.webhook_setup.trim();
    ensure!(
        !setup.is_empty(),
        "it does not say where the webhook address goes"
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
            "the field {} is there twice",
            field.name
        );
        if let SettingKind::Choice { choices } = &field.kind {
            ensure!(
                !choices.is_empty(),
                "the field {} leaves no choice",
                field.name
            );
        }
    }
    for (name, _) in &bench.first.settings {
        ensure!(
            names.contains(name.as_str()),
            "the setting {name} is not in the schema"
        );
    }
    Ok(())
}

async fn tells_all_violations(bench: Bench) -> Verdict {
    let violations = refused(&bench, &ConnectionSettings::new(), "no settings at all")?;
    for field in bench.descriptor().settings.fields() {
        if field.required {
            let named = violations.names(field.name);
            ensure!(
                named,
                "{} is missing and is not among the violations",
                field.name
            );
        }
    }
    Ok(())
}

async fn names_each_missing_field(bench: Bench) -> Verdict {
    for field in bench.descriptor().settings.fields() {
        if field.required {
            let settings = changed(&bench, |name, value| {
                (name != field.name).then(|| value.clone())
            });
            let violations = refused(&bench, &settings, &format!("no {}", field.name))?;
            let named = violations.names(field.name);
            ensure!(
                named,
                "{} is missing, the error says: {violations}",
                field.name
            );
        }
    }
    Ok(())
}

async fn refuses_what_it_does_not_know(bench: Bench) -> Verdict {
    let settings = bench.first.settings.clone().with("no_such_setting", "x");
    let violations = refused(&bench, &settings, "an unknown setting")?;
    let named = violations.names("no_such_setting");
    ensure!(named, "an unknown setting is not named: {violations}");
    Ok(())
}

async fn refuses_blank_secrets(bench: Bench) -> Verdict {
    for field in bench.descriptor().settings.fields() {
        let blank = match (&field.kind, field.required) {
            (SettingKind::Secret, true) => SettingValue::from(""),
            (SettingKind::SecretList, true) => SettingValue::List(vec![SecretString::from("")]),
            _ => continue,
        };
        let settings = bench.first.settings.clone().with(field.name, blank);
        let violations = refused(&bench, &settings, &format!("a blank {}", field.name))?;
        let named = violations.names(field.name);
        ensure!(
            named,
            "{} is blank, the error says: {violations}",
            field.name
        );
    }
    Ok(())
}

async fn never_echoes_values(bench: Bench) -> Verdict {
    const CANARY: &str = "canary\u{1}never shown anywhere";
    let fields = bench.descriptor().settings.fields().to_vec();
    for field in fields {
        let long = format!("{CANARY}{}", "x".repeat(field.max_length));
        for text in [CANARY, &long] {
            let value = match field.kind {
                SettingKind::SecretList => SettingValue::List(vec![SecretString::from(text)]),
                _ => SettingValue::from(text),
            };
            let settings = bench.first.settings.clone().with(field.name, value);
            let Err(violations) = Watched::try_connect(&*bench.factory, &settings)? else {
                continue;
            };
            let shown = format!("{violations} {violations:?}");
            ensure!(
                !shown.contains("canary"),
                "the error about {} shows its value",
                field.name
            );
        }
    }
    Ok(())
}

fn changed(
    bench: &Bench,
    keep: impl Fn(&str, &SettingValue) -> Option<SettingValue>,
) -> ConnectionSettings {
    let mut settings = ConnectionSettings::new();
    for (name, value) in &bench.first.settings {
        if let Some(value) = keep(name, value) {
            settings.set(name.clone(), value);
        }
    }
    settings
}

fn refused(
    bench: &Bench,
    settings: &ConnectionSettings,
    what: &str,
) -> Result<Violations, Failure> {
    match Watched::try_connect(&*bench.factory, settings)? {
        Ok(_) => fail!("connect accepts {what}"),
        Err(violations) => Ok(violations),
    }
}
