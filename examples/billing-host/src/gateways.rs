//! Registry of the gateways that connections can use. A gateway is added by its dependency in
//! `Cargo.toml` and its registration here.

use std::error::Error;

use payment_provider_core::ProviderRegistry;

/// Addresses of gateways that the settings of a connection may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayAddresses {
    /// The gateways themselves.
    Official,
    /// Also this machine, where a simulator runs.
    OfficialAndLocal,
}

/// Returns a registry of all gateways that connections can use.
///
/// # Errors
/// Returns an error if a factory cannot be created or two gateways have the same id.
pub fn gateways(
    addresses: GatewayAddresses,
) -> Result<ProviderRegistry, Box<dyn Error + Send + Sync>> {
    let local = addresses == GatewayAddresses::OfficialAndLocal;
    let mut registry = ProviderRegistry::new();
    registry.register(provider_bank_transfer::BankTransferFactory::new()?)?;
    registry.register(provider_cashfree::CashfreeFactory::new()?.with_loopback(local))?;
    registry.register(provider_razorpay::RazorpayFactory::new()?.with_loopback(local))?;
    Ok(registry)
}
