//! Customers, and their copies at Razorpay.

mod fake;
mod support;

use payment_provider_conformance::wire::{WireFault, json};
use payment_provider_core::{Customer, CustomerId, Effect, ProviderErrorKind};
use support::*;

fn bare_customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap())
}

#[tokio::test]
async fn a_customer_is_created_once_and_found_again() {
    let stage = Stage::new().await;
    let customer = customer().with_name("Jo Doe").with_email("jo@shop.example");
    let first = stage.provider.link_customer(&customer).await.unwrap();
    let second = stage.provider.link_customer(&customer).await.unwrap();
    assert!(first.remote_id.as_ref().unwrap().starts_with("cust_"));
    assert_eq!(first, second);
    assert!(first.needs.is_empty());
    assert_eq!(stage.lines(), ["POST /customers"; 2]);
    let expected = r#"{"name":"Jo Doe","email":"jo@shop.example","contact":"+919000090000","fail_existing":"0"}"#;
    assert_eq!(stage.gateway.requests()[0].body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_requested_again() {
    let stage = Stage::new().await;
    stage.gateway.fault_next(WireFault::ResetAfter);
    let linked = stage.provider.link_customer(&customer()).await.unwrap();
    let again = stage.provider.link_customer(&customer()).await.unwrap();
    assert!(linked.remote_id.is_some());
    assert_eq!(linked.remote_id, again.remote_id);
}

#[tokio::test(start_paused = true)]
async fn an_unresolved_creation_may_have_been_applied() {
    let stage = Stage::new().await;
    stage.gateway.fault_where(|_| true, WireFault::ResetAfter);
    let error = error(stage.provider.link_customer(&customer()).await);
    assert_eq!(error.effect(), Effect::MaybeApplied);
    stage.gateway.clear_faults();
    let refusal = json(
        400,
        r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"no"}}"#,
    );
    stage.gateway.fault_next(WireFault::ReplaceBefore(refusal));
    let error = support::error(stage.provider.link_customer(&customer()).await);
    assert_eq!(error.kind(), ProviderErrorKind::Refused);
}

#[tokio::test]
async fn unidentifiable_and_local_customers_are_not_sent() {
    let long = format!("{}@shop.example", "x".repeat(53));
    for (customer, setting) in [
        (bare_customer(), "remote"),
        (bare_customer().with_name("Jo Doe"), "remote"),
        (bare_customer().with_phone(" - "), "remote"),
        (bare_customer().with_email(long), "remote"),
        (customer(), "local"),
    ] {
        let stage = Stage::with(config(), |settings| settings.with("customers", setting)).await;
        let linked = stage.provider.link_customer(&customer).await.unwrap();
        assert_eq!(linked.remote_id, None);
        assert!(linked.needs.is_empty(), "{}", linked.needs);
        assert!(stage.lines().is_empty());
    }
}

#[tokio::test]
async fn linking_reports_refused_details_if_the_merchant_chose_so() {
    let unfit = bare_customer()
        .with_phone("9999999999")
        .with_email("jo")
        .with_name("Jo");
    let strict = |settings: payment_provider_core::ConnectionSettings| {
        settings.with("unfit_customer_details", "refuse")
    };
    let stage = Stage::with(config(), strict).await;
    let linked = stage.provider.link_customer(&unfit).await.unwrap();
    assert_eq!(linked.remote_id, None);
    let fields: Vec<_> = linked.needs.iter().map(|v| v.field.as_ref()).collect();
    assert_eq!(fields, ["name", "email", "phone"]);
    assert!(stage.lines().is_empty());

    // By default they are left out.
    let stage = Stage::new().await;
    let customer = unfit.with_email("jo@shop.example");
    let linked = stage.provider.link_customer(&customer).await.unwrap();
    assert!(linked.remote_id.is_some() && linked.needs.is_empty());
    let expected = r#"{"email":"jo@shop.example","fail_existing":"0"}"#;
    assert_eq!(stage.gateway.requests()[0].body, expected);
}
