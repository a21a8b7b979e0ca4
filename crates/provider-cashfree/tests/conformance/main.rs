//! The conformance kit, run against the simulator.

mod anomalies;
mod gateway;

use std::process::ExitCode;
use std::sync::Arc;

use payment_provider_conformance::{GatewayModel, MerchantAccount, ProviderUnderTest};
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{Clock, ConnectionSettings, ProviderFactory, SettingValue};
use provider_cashfree::{CashfreeConfig, CashfreeFactory};

use crate::gateway::Simulated;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| Cashfree)
}

struct Cashfree;

fn client_id(account: &MerchantAccount) -> String {
    let number = account.number;
    format!("TESTclientaccount{number:04}")
}

impl ProviderUnderTest for Cashfree {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        let config = CashfreeConfig::new().with_clock(clock).with_loopback(true);
        Arc::new(CashfreeFactory::with_config(config).expect("HTTP clients"))
    }

    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings {
        ConnectionSettings::new()
            .with("client_id", client_id(account))
            .with("client_secret", SettingValue::List(account.secrets.clone()))
            .with("environment", "sandbox")
            .with("base_url", format!("{address}pg"))
    }

    fn makes_refunds(&self) -> bool {
        true
    }

    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        // Any of these secrets may be in use after a rotation.
        let secret = account.secret().expose_secret();
        Arc::new(Simulated::new(&client_id(account), secret, clock))
    }
}
