//! The contract, case by case: `cargo test -p provider-bank-transfer`.

#[path = "conformance/bookkeeping.rs"]
mod bookkeeping;

use std::process::ExitCode;
use std::sync::Arc;

use bookkeeping::Bookkeeping;
use payment_provider_conformance::{
    GatewayModel, MerchantAccount, ProviderUnderTest, Transport, run,
};
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{Clock, ConnectionSettings, ProviderFactory};
use provider_bank_transfer::BankTransferFactory;

struct BankTransfer;

impl ProviderUnderTest for BankTransfer {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(
            BankTransferFactory::new()
                .expect("a good id")
                .with_clock(clock),
        )
    }

    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings {
        ConnectionSettings::new()
            .with("instructions_url", address.as_str())
            .with("callback_secret", account.secrets.clone())
            .with("environment", "sandbox")
    }

    fn gateway(&self, account: &MerchantAccount, _: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        Arc::new(Bookkeeping::of(account.number))
    }

    fn transport(&self) -> Transport {
        Transport::InProcess
    }
}

fn main() -> ExitCode {
    run(|| BankTransfer)
}
