//! The specimen, or an mutant, as it is handed to the kit.

use std::sync::Arc;

use payment_provider_conformance::{GatewayModel, MerchantAccount, ProviderUnderTest, Transport};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{Clock, ConnectionSettings, ProviderFactory};
use url::Url;

use crate::acme::AcmeFactory;
use crate::flaw::{FeatureSet, Profile};
use crate::gateway::AcmeGateway;

/// Acme Pay, in one of its flavours and with one flaw at most.
pub(crate) struct Acme(pub(crate) Profile);

/// The key of an account's calls.
pub(crate) fn api_key(account: &MerchantAccount) -> String {
    format!("acme_key_{:06}", account.number)
}

/// The secret of an account's calls, which has nothing to do with those of its deliveries.
pub(crate) fn api_secret(account: &MerchantAccount) -> String {
    format!("acme_secret_{:06}_qvzxkj", account.number)
}

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
    pub(crate) const fn good(features: FeatureSet) -> Self {
        Self(Profile {
            features,
            flaw: None,
        })
    }
}
