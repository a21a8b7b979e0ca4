//! The specimen, or an animal, as it is handed to the kit.

use std::sync::Arc;

use payment_provider_conformance::{Account, Gateway, ProviderUnderTest, Transport};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{Clock, ConnectionSettings, ProviderFactory};
use url::Url;

use crate::acorn::AcornFactory;
use crate::flaw::{Flavour, Quirk};
use crate::gateway::AcornGateway;

/// Acorn Pay, in one of its flavours and with one flaw at most.
pub(crate) struct Acorn(pub(crate) Quirk);

/// The key of an account's calls.
pub(crate) fn api_key(account: &Account) -> String {
    format!("acorn_key_{:06}", account.number)
}

/// The secret of an account's calls, which has nothing to do with those of its deliveries.
pub(crate) fn api_secret(account: &Account) -> String {
    format!("acorn_secret_{:06}_qvzxkj", account.number)
}

impl ProviderUnderTest for Acorn {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(AcornFactory::new(clock, self.0))
    }

    fn settings(&self, account: &Account, address: &Url) -> ConnectionSettings {
        let secrets: Vec<SecretString> = account.secrets.clone();
        ConnectionSettings::new()
            .with("api_key", api_key(account))
            .with("api_secret", api_secret(account))
            .with("webhook_secrets", secrets)
            .with("mode", "test")
            .with("address", address.as_str())
    }

    fn transport(&self) -> Transport {
        if self.0.is_local() {
            Transport::InProcess
        } else {
            Transport::Http
        }
    }

    fn gateway(&self, account: &Account, _: Arc<dyn Clock>) -> Arc<dyn Gateway> {
        Arc::new(AcornGateway::new(account, self.0.flavour))
    }
}

impl Acorn {
    pub(crate) const fn good(flavour: Flavour) -> Self {
        Self(Quirk {
            flavour,
            flaw: None,
        })
    }
}
