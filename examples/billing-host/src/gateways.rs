//! Registry of the gateways that connections can use. A gateway is added by its dependency in
//! `Cargo.toml` and its registration here.

use std::error::Error;

use payment_provider_core::ProviderRegistry;

/// Returns a registry of all gateways that connections can use.
///
/// # Errors
/// Returns an error if a factory cannot be created or two gateways have the same id.
pub fn gateways() -> Result<ProviderRegistry, Box<dyn Error + Send + Sync>> {
    let mut registry = ProviderRegistry::new();
    registry.register(provider_bank_transfer::BankTransferFactory::new()?)?;
    registry.register(provider_cashfree::CashfreeFactory::new()?)?;
    registry.register(provider_razorpay::RazorpayFactory::new()?)?;
    Ok(registry)
}
