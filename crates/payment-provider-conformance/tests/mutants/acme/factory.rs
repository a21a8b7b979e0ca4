//! The factory, which connects accounts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::{
    Clock, ConnectionSettings, Environment, PaymentProvider, ProviderDescriptor, ProviderFactory,
    SettingsReader, ViolationCode, Violations,
};

use url::Url;

use super::client::{Api, client};
use super::descriptor::descriptor;
use super::memory::{ConnectionState, Shared, lock};
use super::provider::AcmeProvider;
use super::refunds::Refunds;
use super::signature::Keyring;
use crate::flaw::{Flaw, Profile};

pub(crate) struct AcmeFactory {
    descriptor: ProviderDescriptor,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    profile: Profile,
}

impl AcmeFactory {
    pub(crate) fn new(clock: Arc<dyn Clock>, profile: Profile) -> Self {
        Self {
            descriptor: descriptor(profile),
            client: client(profile),
            clock,
            shared: Arc::default(),
            profile,
        }
    }

    fn violations(&self, settings: &ConnectionSettings, found: Violations) -> Violations {
        let profile = self.profile;
        let mut kept = Violations::none();
        for mut violation in found {
            let drop = match violation.code {
                ViolationCode::Unknown => profile.has(Flaw::AcceptsUnknownSettings),
                ViolationCode::Missing => {
                    let blank = settings.get(&violation.field).is_some();
                    blank && profile.has(Flaw::AcceptsBlankSecrets)
                }
                _ => false,
            };
            if profile.has(Flaw::NamesWrongField) && violation.field == "api_secret" {
                violation.field = "api_key".into();
            }
            if !drop {
                kept.extend(Violations::one(violation));
            }
            if profile.has(Flaw::FirstMissingSettingOnly) && !kept.is_empty() {
                break;
            }
        }
        kept
    }

    fn remember(&self, key: &str, secret: &SecretString, given: &[SecretString]) {
        *lock(&self.shared.last_credentials) = Some((key.to_owned(), secret.clone()));
        let mut ever = lock(&self.shared.all_secrets);
        for owner in [key, "everyone"] {
            let ever = ever.entry(owner.to_owned()).or_default();
            ever.extend_from_slice(given);
        }
    }
}

impl fmt::Debug for AcmeFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeFactory").finish_non_exhaustive()
    }
}

impl ProviderFactory for AcmeFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let mut read = SettingsReader::new(&self.descriptor.settings, settings);
        let address = read.url("address");
        if address.as_ref().is_some_and(Url::cannot_be_a_base) {
            read.reject("address", ViolationCode::Invalid, "must begin with https");
        }
        let key = read.text("api_key").unwrap_or_default().to_owned();
        let secret = read.secret("api_secret").cloned().unwrap_or_default();
        let mut secrets = read.secrets("webhook_secrets");
        let environment = read.text("mode").unwrap_or_default();
        let environment = match environment {
            "live" => Environment::Production,
            _ => Environment::Sandbox,
        };
        if let Err(violations) = read.finish() {
            let mut kept = self.violations(settings, violations);
            if self.profile.has(Flaw::EchoesSettings) && !kept.is_empty() {
                let given = settings.get("api_key");
                kept.push(
                    "api_key",
                    ViolationCode::Invalid,
                    format!("is {}", shown(given)),
                );
            }
            kept.into_result(())?;
        }
        self.remember(&key, &secret, &secrets);
        if self.profile.has(Flaw::KeepsRetiredSecrets) {
            secrets.clone_from(&lock(&self.shared.all_secrets)[&key]);
        }
        if self.profile.has(Flaw::SharesSecrets) {
            secrets.clone_from(&lock(&self.shared.all_secrets)["everyone"]);
        }
        if self.profile.has(Flaw::VerifiesWithBlankSecret) {
            secrets.push(SecretString::default());
        }
        let base = address.unwrap_or_else(|| "http://127.0.0.1:9/".parse().expect("a URL"));
        if self.profile.has(Flaw::ConnectCallsGateway) {
            tokio::spawn(self.client.get(base.clone()).send());
        }
        let mut descriptor = self.descriptor.clone();
        if self.profile.has(Flaw::DescriptorDiffersFromFactory) {
            "ACME".clone_into(&mut descriptor.display_name);
        }
        let number = self.shared.connections.fetch_add(1, Ordering::Relaxed);
        let api = Arc::new(Api {
            client: self.client.clone(),
            base,
            key,
            secret,
            profile: self.profile,
            shared: Arc::clone(&self.shared),
            clock: Arc::clone(&self.clock),
            number,
        });
        let refunds = Refunds::new(Arc::clone(&api), descriptor.id.clone(), self.profile);
        let keyring = Arc::new(Keyring::new(&secrets, number, self.profile));
        Ok(Arc::new(AcmeProvider {
            api,
            refunds: Arc::new(refunds),
            descriptor,
            environment,
            keyring,
            memory: ConnectionState::default(),
            profile: self.profile,
        }))
    }
}

fn shown(value: Option<&payment_provider_core::SettingValue>) -> String {
    match value {
        Some(payment_provider_core::SettingValue::Text(text)) => text.expose_secret().to_owned(),
        _ => "not a text".to_owned(),
    }
}
