//! The gateways on offer. To add one takes its line in `Cargo.toml`, and its line here.

use std::error::Error;

use payment_provider_core::ProviderRegistry;

/// All gateways to which a connection can be made.
///
/// # Errors
/// One of them cannot be set up, or two have the same id.
pub fn gateways() -> Result<ProviderRegistry, Box<dyn Error + Send + Sync>> {
    let mut registry = ProviderRegistry::new();
    registry.register(provider_bank_transfer::BankTransferFactory::new()?)?;
    registry.register(provider_cashfree::CashfreeFactory::new()?)?;
    registry.register(provider_razorpay::RazorpayFactory::new()?)?;
    Ok(registry)
}
