//! Creates a payment link at a local simulator, pays it, and reads the result.
//!
//! ```text
//! cargo run -p provider-cashfree --example create_link
//! ```

use std::error::Error;
use std::time::Duration;

use cashfree_simulator::{Merchant, PaymentAttempt, Simulator, SimulatorConfig};
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, CheckoutStatus, ConnectionSettings, Currency, Customer,
    CustomerId, Money, NextAction, ProviderFactory,
};
use provider_cashfree::CashfreeFactory;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A local stand-in for Cashfree. Without `base_url`, the connection uses Cashfree itself.
    let merchant = Merchant::new("TEST_ID", "cfsk_ma_test_secret");
    let config = SimulatorConfig::new().with_merchant(merchant);
    let gateway = Simulator::new(config)?.start("127.0.0.1:0").await?;

    let settings = ConnectionSettings::new()
        .with("client_id", "TEST_ID")
        .with("client_secret", "cfsk_ma_test_secret")
        .with("environment", "sandbox")
        .with("base_url", gateway.api_base_url());
    let provider = CashfreeFactory::new()?
        .with_loopback(true)
        .connect(&settings)?;

    let request = CheckoutRequest::new(
        CheckoutReference::new("inv-2026-0001")?,
        Money::from_decimal("200.12", Currency::INR)?,
        "Invoice 2026-0001",
        Customer::new(CustomerId::new("customer-17")?).with_phone("+91 90000 00000"),
        Timestamp::now() + Duration::from_hours(24),
    );

    // Preflight reports all violations together and sends nothing. Store the result before sending
    // it: the same bytes can then be sent again after a crash.
    let prepared = provider.prepare_checkout(&request)?;
    let created = provider.create_checkout(&prepared).await?;
    let checkout = created.checkout();
    if let NextAction::Redirect(url) = &checkout.next_action {
        println!("send the payer to {url}");
    }

    // The payer pays on that page; the simulator does it on their behalf.
    gateway
        .simulator()
        .pay(request.reference.as_str(), PaymentAttempt::new())?;

    let locator = checkout.locator();
    let checkout = provider.fetch_checkout(&locator).await?;
    println!("status {}, paid {}", checkout.status, checkout.amount_paid);
    for payment in provider.list_payments(&locator).await? {
        println!("payment {} of {}", payment.id, payment.amount);
    }
    assert_eq!(checkout.status, CheckoutStatus::Paid);

    gateway.shutdown().await;
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
