//! Secrets and personal data in `Debug` output and errors.

use payment_provider_conformance::fake::ScriptedResponse;
use payment_provider_core::*;

use crate::fixture::Fixture;

#[tokio::test]
async fn debug_output_has_no_secrets_and_no_customer_data() {
    let fixture = Fixture::new();
    let gateway = &fixture.gateway;
    let settings = ConnectionSettings::new()
        .with("account", "shop")
        .with("secrets", "canary-secret");
    let provider = gateway.factory().open(&settings).unwrap();
    let mut request = fixture.request("r");
    request.customer = Customer::new(CustomerId::new("customer-7").unwrap())
        .with_name("canary-name")
        .with_email("canary@example.com")
        .with_phone("canary-phone");
    let prepared = provider.prepare_checkout(&request).unwrap();
    let made = provider.create_checkout(&prepared).await.unwrap();
    let checkout = gateway.checkout("r");
    let payment = checkout.fail_payment();
    let delivery = payment.deliveries().remove(0);
    let webhook = provider.handle_webhook(&delivery.request()).await.unwrap();
    let returns = provider.signed_returns().unwrap();
    let answer =
        ScriptedResponse::fail(ProviderErrorKind::Refused).with_gateway_message("canary-message");
    let shown = [
        format!(
            "{gateway:?} {:?} {:?}",
            gateway.factory(),
            gateway.account("shop")
        ),
        format!("{provider:?} {prepared:?} {made:?} {returns:?}"),
        format!(
            "{checkout:?} {payment:?} {:?} {answer:?}",
            payment.payment()
        ),
        format!(
            "{delivery:?} {:?}",
            delivery.clone().signed_with("canary-old")
        ),
        format!("{:?} {webhook:?} {:?}", delivery.request(), gateway.calls()),
    ];
    for shown in shown {
        assert!(!shown.contains("canary"), "{shown}");
        assert!(!shown.contains("pay.fake.example"), "{shown}");
        assert!(!shown.contains("payer's bank"), "{shown}");
    }
    // The body is meant to be stored and sent, so it contains the customer.
    let body = String::from_utf8(checkout.body().to_vec()).unwrap();
    assert!(body.contains("canary-name"));
    assert!(!body.contains("canary-secret"));
}

#[tokio::test]
async fn an_error_can_be_scripted_in_detail() {
    let fixture = Fixture::new();
    let answer = ScriptedResponse::fail(ProviderErrorKind::Connection)
        .with_effect(Effect::NotSent)
        .with_retry(RetryAdvice::Never)
        .with_gateway_code("no_route")
        .with_gateway_message("phone 9000000000 is invalid");
    fixture
        .gateway
        .respond_next(Operation::CreateCheckout, answer);
    let error = fixture.create("r").await.unwrap_err();
    assert_eq!(
        (error.effect(), error.retry()),
        (Effect::NotSent, RetryAdvice::Never)
    );
    assert_eq!(error.gateway_code(), Some("no_route"));
    assert_eq!(error.gateway_message(), Some("phone 9000000000 is invalid"));
    assert!(!format!("{error} {error:?}").contains("9000000000"));
}
