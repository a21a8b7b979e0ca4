//! Scripts a lost response of the in-memory gateway, and shows how a host recovers from it:
//! `cargo run -p payment-provider-conformance --example script_fault`.

use std::error::Error;

use payment_provider_conformance::fake::{FakeGateway, ScriptedResponse};
use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, CreatedCheckout, Currency, Customer, CustomerId, Effect,
    Money, Operation, PaymentProvider,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let gateway = FakeGateway::new();
    let provider = gateway.connect("main");
    let request = CheckoutRequest::new(
        CheckoutReference::new("inv-1")?,
        Money::from_decimal("200.12", Currency::INR)?,
        "Invoice 1",
        Customer::new(CustomerId::new("customer-7")?),
        Timestamp::now() + SignedDuration::from_hours(1),
    );
    let prepared = provider.prepare_checkout(&request)?;

    // The gateway creates the checkout, but the response is lost.
    gateway.respond_next(
        Operation::CreateCheckout,
        ScriptedResponse::apply_then_time_out(),
    );
    let error = provider
        .create_checkout(&prepared)
        .await
        .err()
        .ok_or("the first call succeeds")?;
    println!("first call:  {error} (effect: {:?})", error.effect());
    assert_eq!(error.effect(), Effect::MaybeApplied);

    // The effect is unknown, so the host repeats the call. It finds the existing checkout.
    let created = provider.create_checkout(&prepared).await?;
    assert!(matches!(created, CreatedCheckout::Adopted(_)));
    println!("second call: adopted {}", created.checkout().reference);

    for call in gateway.calls() {
        println!("gateway received: {call}");
    }
    println!("checkouts at the gateway: {}", gateway.checkouts().len());
    assert_eq!(gateway.checkouts().len(), 1);
    Ok(())
}

#[cfg(test)]
#[test]
fn runs() {
    main().unwrap();
}
