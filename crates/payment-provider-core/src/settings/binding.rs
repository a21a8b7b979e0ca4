use std::collections::BTreeMap;
use std::fmt;

use secrecy::ExposeSecret;
use url::Url;

use super::schema::ENVIRONMENT;
use super::{ConnectionSettings, SettingField, SettingKind, SettingValue, SettingsSchema};
use crate::Environment;

/// The settings that the secrets of a connection are bound to, in canonical form: those that decide
/// to which address a secret is sent, and as which account
/// ([`SettingField::binds_secrets`]).
///
/// A host encrypts every secret of a connection together with its binding, so that a secret cannot
/// be decrypted for another address, and requires all secrets again when the binding changes.
///
/// Two spellings of one value are equal: a URL in another letter case of its host, with the default
/// port, or with a slash at its end.
///
/// Only given values count. A setting that is not given is not part of the binding, whatever its
/// default is, so that a version of a provider with another default leaves every binding as it is. A
/// default that is written out is another binding than the absent value.
///
/// # Examples
/// ```
/// use payment_provider_core::{ConnectionSettings, SettingField, SettingKind, SettingsSchema};
///
/// let address = SettingField::new("base_url", "Gateway address", SettingKind::Url)
///     .with_default("https://api.example/v1")
///     .binds_secrets();
/// let schema = SettingsSchema::new([address]);
/// let binding = |url| schema.secret_binding(&ConnectionSettings::new().with("base_url", url));
/// let api = binding("https://api.example/v1");
/// assert_eq!(binding("HTTPS://API.example:443/v1/"), api);
/// assert_eq!(binding("https://other.example/v1").differences(&api), ["base_url"]);
/// let absent = schema.secret_binding(&ConnectionSettings::new());
/// assert_eq!(absent.differences(&api), ["base_url"]);
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretBinding {
    values: BTreeMap<&'static str, String>,
}

impl SecretBinding {
    /// Returns the names and canonical values of the settings that are given, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| (*name, &**value))
    }

    /// Returns the names of the settings that differ between two bindings.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let names = self.values.keys().chain(other.values.keys());
        let mut names: Vec<_> = names
            .copied()
            .filter(|name| self.values.get(name) != other.values.get(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl fmt::Debug for SecretBinding {
    /// Prints the names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl SettingsSchema {
    /// Returns the binding of the secrets of a connection with these settings. Values that do not
    /// pass the checks of a [`SettingsReader`](super::SettingsReader) count as they are.
    pub fn secret_binding(&self, settings: &ConnectionSettings) -> SecretBinding {
        let bound = self
            .fields()
            .iter()
            .filter(|field| field.binds_secrets && !field.is_secret());
        let values = bound.filter_map(|field| {
            let value = canonical(&field.kind, settings.get(field.name)?)?;
            Some((field.name, value))
        });
        SecretBinding {
            values: values.collect(),
        }
    }

    /// Returns the environment that settings name, or the default of the field.
    pub(super) fn environment_of(&self, settings: &ConnectionSettings) -> Option<Environment> {
        match settings.get(ENVIRONMENT) {
            Some(SettingValue::Text(text)) => text.expose_secret().parse().ok(),
            Some(_) => None,
            None => self.field(ENVIRONMENT)?.default?.parse().ok(),
        }
    }
}

impl SettingField {
    /// Returns the value that applies if none is given.
    pub(super) fn default_in(&self, environment: Option<Environment>) -> Option<&'static str> {
        let own = self.environment_defaults.zip(environment);
        own.map(|((sandbox, production), environment)| match environment {
            Environment::Sandbox => sandbox,
            Environment::Production => production,
        })
        .or(self.default)
    }
}

fn canonical(kind: &SettingKind, value: &SettingValue) -> Option<String> {
    match value {
        SettingValue::Text(text) => Some(canonical_text(kind, text.expose_secret())),
        SettingValue::List(list) => {
            let texts = list.iter().map(ExposeSecret::expose_secret);
            let texts: Vec<_> = texts
                .map(|text| format!("{}:{text};", text.len()))
                .collect();
            Some(texts.concat())
        }
        SettingValue::Flag(flag) => flag.then(|| "true".to_owned()),
        SettingValue::Unsupported => None,
    }
}

fn canonical_text(kind: &SettingKind, text: &str) -> String {
    let url = match kind {
        SettingKind::Url => text.parse().ok().and_then(|url| canonical_url(&url)),
        _ => None,
    };
    url.unwrap_or_else(|| text.to_owned())
}

/// Returns the scheme, host, port, path and query, as far as they say something. `None` for a URL
/// without a host or with a user name or password.
fn canonical_url(url: &Url) -> Option<String> {
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    // The parser writes scheme and host in lower case and drops the default port.
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut text = match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    };
    text.push_str(url.path().trim_end_matches('/'));
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part {
            text.push(mark);
            text.push_str(part);
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> SettingsSchema {
        SettingsSchema::new([
            SettingField::environment(),
            SettingField::new("account", "Account", SettingKind::Text).binds_secrets(),
            SettingField::new("key", "Key", SettingKind::Secret).binds_secrets(),
            SettingField::new("page", "Page", SettingKind::Url),
            SettingField::new("live", "Live", SettingKind::Flag).binds_secrets(),
            SettingField::new("base_url", "Address", SettingKind::Url)
                .with_environment_defaults("https://test.example/v1", "https://api.example/v1")
                .binds_secrets(),
        ])
    }

    fn binding(settings: &ConnectionSettings) -> SecretBinding {
        schema().secret_binding(settings)
    }

    fn at(environment: &str, url: &str) -> SecretBinding {
        binding(
            &ConnectionSettings::new()
                .with("environment", environment)
                .with("base_url", url),
        )
    }

    #[test]
    fn two_spellings_of_one_address_are_one_binding() {
        let one = at("sandbox", "https://gateway.example/pg");
        for same in [
            "https://gateway.example/pg/",
            "https://gateway.example/pg//",
            "https://GATEWAY.Example/pg",
            "HTTPS://gateway.example/pg",
            "https://gateway.example:443/pg",
            "https://gateway.example./pg",
            "https://gateway.example/a/../pg",
        ] {
            assert_eq!(at("sandbox", same), one, "{same}");
        }
        assert_eq!(
            at("sandbox", "https://gateway.example"),
            at("sandbox", "https://gateway.example/")
        );
        for other in [
            "http://gateway.example/pg",
            "https://gateway.example:8443/pg",
            "https://gateway.example/PG",
            "https://gateway.example/pg/v2",
            "https://gateway.example/pg?a=b",
            "https://user@gateway.example/pg",
            "https://gateway.example.evil/pg",
            "https://xgateway.example/pg",
        ] {
            assert_eq!(
                at("sandbox", other).differences(&one),
                ["base_url"],
                "{other}"
            );
        }
    }

    #[test]
    fn a_default_that_is_written_out_is_another_binding_than_an_absent_one() {
        let absent = |environment: &str| {
            binding(&ConnectionSettings::new().with("environment", environment))
        };
        for (environment, default) in [
            ("sandbox", "https://test.example/v1"),
            ("production", "https://api.example/v1"),
        ] {
            let written = at(environment, default);
            assert_eq!(written.differences(&absent(environment)), ["base_url"]);
        }
        assert_eq!(
            absent("sandbox").differences(&absent("production")),
            ["environment"]
        );
        let unset = ConnectionSettings::new().with("live", false);
        assert_eq!(binding(&unset), binding(&ConnectionSettings::new()));
    }

    #[test]
    fn a_version_with_other_defaults_leaves_every_binding_as_it_is() {
        let version = |sandbox, production| {
            SettingsSchema::new([
                SettingField::environment(),
                SettingField::new("base_url", "Address", SettingKind::Url)
                    .with_environment_defaults(sandbox, production)
                    .binds_secrets(),
                SettingField::new("region", "Region", SettingKind::Text)
                    .with_default(production)
                    .binds_secrets(),
            ])
        };
        let (old, new) = ("https://api.example/v1", "https://api2.example/v1");
        let (first, second) = (version(old, old), version(new, new));
        for settings in [
            ConnectionSettings::new().with("environment", "sandbox"),
            ConnectionSettings::new().with("base_url", old),
            ConnectionSettings::new().with("base_url", new),
            ConnectionSettings::new().with("region", old),
            ConnectionSettings::new().with("region", new),
        ] {
            let bound = first.secret_binding(&settings);
            assert_eq!(second.secret_binding(&settings), bound, "{settings:?}");
        }
    }

    #[test]
    fn only_marked_settings_that_are_no_secrets_bind() {
        let settings = ConnectionSettings::new()
            .with("account", "canary-1")
            .with("key", "canary-2")
            .with("page", "https://shop.example/canary-3")
            .with("live", true);
        let binding = binding(&settings);
        let values: Vec<_> = binding.iter().collect();
        assert_eq!(values, [("account", "canary-1"), ("live", "true")]);
        assert_eq!(format!("{binding:?}"), r#"{"account", "live"}"#);
    }
}
