//! Acme Pay as the provider under test, correct or with one flaw.

use std::sync::Arc;

use payment_provider_conformance::{GatewayModel, MerchantAccount, ProviderUnderTest, Transport};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{Clock, ConnectionSettings, ProviderFactory};
use url::Url;

use crate::acme::AcmeFactory;
use crate::credentials::{api_key, api_secret};
use crate::flaw::{FeatureSet, Profile};
use crate::gateway::AcmeGateway;

/// Acme Pay with a set of features and at most one flaw.
pub(crate) struct Acme(pub(crate) Profile);

impl ProviderUnderTest for Acme {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(AcmeFactory::new(clock, self.0))
    }

    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings {
        let secrets: Vec<SecretString> = account.secrets.clone();
        ConnectionSettings::new()
            .with("api_key", api_key(account))
            .with("api_secret", api_secret(account))
            .with("webhook_secrets", secrets)
            .with("mode", "test")
            .with("address", address.as_str())
    }

    fn makes_refunds(&self) -> bool {
        true
    }

    fn transport(&self) -> Transport {
        if self.0.is_in_process() {
            Transport::InProcess
        } else {
            Transport::Http
        }
    }

    fn gateway(&self, account: &MerchantAccount, _: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        Arc::new(AcmeGateway::new(account, self.0.features))
    }
}

impl Acme {
    pub(crate) const fn correct(features: FeatureSet) -> Self {
        Self(Profile {
            features,
            flaw: None,
        })
    }
}
