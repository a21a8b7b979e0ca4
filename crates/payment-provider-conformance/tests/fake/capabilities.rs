//! Declared and undeclared capabilities.

use payment_provider_conformance::fake::{FakeGateway, ScriptedResponse};
use payment_provider_core::*;

use crate::fixture::{Fixture, inr, locator};

/// Fails unless the request is accepted with every capability, and rejected at `field` without one.
fn is_optional(
    field: &str,
    take: impl FnOnce(&mut Capabilities),
    ask: impl Fn(CheckoutRequest) -> CheckoutRequest,
) {
    let all = Fixture::new();
    all.provider
        .prepare_checkout(&ask(all.request("r")))
        .unwrap();
    let lacking = Fixture::without(take);
    let request = ask(lacking.request("r"));
    let violations = lacking.provider.prepare_checkout(&request).unwrap_err();
    let found: Vec<_> = violations
        .iter()
        .map(|one| (&*one.field, one.code))
        .collect();
    assert_eq!(found, [(field, ViolationCode::Unsupported)]);
    lacking
        .provider
        .prepare_checkout(&lacking.request("r"))
        .unwrap();
}

#[test]
fn undeclared_options_are_rejected() {
    is_optional(
        "partial_payments",
        |all| all.partial_payments = false,
        |request| request.with_partial_payments(PartialPayments::any()),
    );
    is_optional(
        "notify_url",
        |all| all.notify_url = false,
        |request| request.with_notify_url("https://host.example/hook".parse().unwrap()),
    );
    is_optional(
        "options.methods",
        |all| all.method_choice = false,
        |mut request| {
            request.options = request.options.with_methods([PaymentMethod::Wallet]);
            request
        },
    );
    is_optional(
        "options.notify_payer",
        |all| all.payer_notification = false,
        |mut request| {
            request.customer = request.customer.with_phone("9000000000");
            let by_sms = PayerNotification::NONE.by_sms();
            request.options = request.options.with_notify_payer(by_sms);
            request
        },
    );
    is_optional(
        "options.reminders",
        |all| all.reminders = false,
        |mut request| {
            request.options = request.options.with_reminders();
            request
        },
    );
}

#[tokio::test]
async fn declared_capabilities_work() {
    let fixture = Fixture::new();
    let hook: reexport::url::Url = "https://host.example/hook".parse().unwrap();
    let mut request = fixture.request("r").with_notify_url(hook.clone());
    request.partial_payments = Some(PartialPayments::any());
    request.customer = request.customer.with_email("a@example.com");
    request.options = CheckoutOptions::new()
        .with_methods([PaymentMethod::NetBanking])
        .with_notify_payer(PayerNotification::NONE.by_email())
        .with_reminders();
    let prepared = fixture.provider.prepare_checkout(&request).unwrap();
    fixture.provider.create_checkout(&prepared).await.unwrap();
    let checkout = fixture.gateway.checkout("r");
    assert!(checkout.reminds_payer());
    assert_eq!(
        checkout.notifies_payer(),
        PayerNotification::NONE.by_email()
    );
    assert_eq!(checkout.body(), prepared.body);

    let part = checkout.pay_amount(inr("0.12"));
    assert_eq!(checkout.status(), CheckoutStatus::PartiallyPaid);
    assert_eq!(part.payment().method.as_deref(), Some("net_banking"));
    let urls: Vec<_> = part
        .deliveries()
        .iter()
        .map(|one| one.url().clone())
        .collect();
    let general: reexport::url::Url = "https://host.example/webhooks".parse().unwrap();
    assert_eq!(urls, [general.clone(), hook.clone(), general, hook]);
    let requests: Vec<_> = part.deliveries().iter().map(|one| one.request()).collect();
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[1].url.path(), "/hook");
}

#[tokio::test]
async fn without_cancellation_no_call_is_made() {
    let fixture = Fixture::without(|all| all.cancellation = false);
    fixture.checkout("r").await;
    let error = fixture
        .provider
        .cancel_checkout(&locator("r"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Unsupported);
    assert_eq!(
        (error.effect(), error.retry()),
        (Effect::NotSent, RetryAdvice::Never)
    );
    assert_eq!((error.status(), error.request_id()), (None, None));
    assert_eq!(fixture.gateway.calls(), ["create_checkout r"]);
    assert_eq!(fixture.gateway.checkout("r").status(), CheckoutStatus::Open);
}

#[tokio::test]
async fn without_status_inquiry_only_deliveries_report_payments() {
    let fixture = Fixture::without(|all| all.status_inquiry = false);
    let checkout = fixture.checkout("r").await;
    let fetched = fixture.provider.fetch_checkout(&locator("r")).await;
    assert_eq!(fetched.unwrap_err().kind(), ProviderErrorKind::Unsupported);
    let listed = fixture.provider.list_payments(&locator("r")).await;
    assert_eq!(listed.unwrap_err().kind(), ProviderErrorKind::Unsupported);
    assert_eq!(fixture.gateway.calls(), ["create_checkout r"]);
    let webhook = fixture
        .handle(&checkout.pay().deliveries()[0].request())
        .await;
    assert!(matches!(webhook.events()[0].kind, EventKind::Payment(_)));
}

#[tokio::test]
async fn customers_are_kept_once_if_declared() {
    let fixture = Fixture::new();
    let customer = |id| Customer::new(CustomerId::new(id).unwrap());
    let link = async |id| fixture.provider.link_customer(&customer(id)).await.unwrap();
    let one = link("one").await;
    assert!(one.remote_id.is_some() && one.needs.is_empty());
    assert_eq!(link("one").await, one);
    assert_ne!(link("other").await.remote_id, one.remote_id);
    assert_eq!(fixture.gateway.call_count(Operation::LinkCustomer), 3);

    let lacking = Fixture::without(|all| all.remote_customers = false);
    let link = lacking
        .provider
        .link_customer(&customer("one"))
        .await
        .unwrap();
    assert_eq!(link, CustomerLink::local(Violations::none()));
    assert!(lacking.gateway.calls().is_empty());
}

#[tokio::test]
async fn without_signed_timestamps_every_genuine_delivery_is_fresh() {
    let fixture = Fixture::without(|all| all.signed_timestamps = false);
    let delivery = fixture.checkout("r").await.pay().deliveries().remove(0);
    for delivery in [
        delivery.clone(),
        delivery.clone().stale(),
        delivery.clone().from_future(),
    ] {
        let webhook = fixture.handle(&delivery.request()).await;
        assert_eq!(webhook.timestamp_check(), TimestampCheck::Fresh);
        assert_eq!(webhook.sent_at(), None);
    }
    let forged = fixture
        .provider
        .handle_webhook(&delivery.forged().request())
        .await;
    assert_eq!(
        forged.unwrap_err().kind(),
        ProviderErrorKind::InvalidSignature
    );
}

#[tokio::test]
async fn a_return_url_is_signed_if_declared() {
    let fixture = Fixture::new();
    let page = "https://host.example/thanks?invoice=1&x=a%26b"
        .parse()
        .unwrap();
    let request = fixture.request("r").with_return_url(page);
    let prepared = fixture.provider.prepare_checkout(&request).unwrap();
    fixture.provider.create_checkout(&prepared).await.unwrap();
    let checkout = fixture.gateway.checkout("r");
    let returns = fixture.provider.signed_returns().expect("declared");
    let unpaid = returns.verify_return(&checkout.return_url()).unwrap();
    assert_eq!(
        (unpaid.payment_id, unpaid.status),
        (None, Some(CheckoutStatus::Open))
    );

    let payment = checkout.pay();
    let address = checkout.return_url();
    assert!(
        address
            .as_str()
            .starts_with("https://host.example/thanks?invoice=1&x=a%26b&")
    );
    let verified = returns.verify_return(&address).unwrap();
    assert_eq!(
        verified.target.reference.as_ref(),
        Some(checkout.reference())
    );
    assert_eq!(verified.target.gateway_id, checkout.locator().gateway_id);
    assert_eq!(verified.payment_id.as_ref(), Some(payment.id()));
    assert_eq!(verified.status, Some(CheckoutStatus::Paid));

    let text = address.as_str();
    let forged = [
        text.replace("fake_status=paid", "fake_status=open"),
        text.replace("fake_reference=r", "fake_reference=s"),
        text.replace("fake_signature", "signature"),
        format!("{text}&fake_status=paid"),
        text[..text.len() - 1].to_owned(),
    ];
    for forged in forged {
        let error = returns.verify_return(&forged.parse().unwrap()).unwrap_err();
        assert_eq!(
            error.kind(),
            ProviderErrorKind::InvalidSignature,
            "{forged}"
        );
        assert_eq!(error.operation(), Operation::VerifyReturn);
    }

    let lacking = Fixture::without(|all| all.signed_returns = false);
    assert!(lacking.provider.signed_returns().is_none());
    let plain = lacking.checkout("r").await.return_url();
    assert!(!plain.as_str().contains("signature"), "{plain}");
}

#[test]
fn the_descriptor_has_the_declared_values() {
    let id = ProviderId::new("second").unwrap();
    let fixture = Fixture::with(|builder| builder.with_provider_id(id).with_display_name("Second"));
    let descriptor = fixture.provider.descriptor();
    assert_eq!(descriptor.id.as_str(), "second");
    assert_eq!(descriptor.display_name, "Second");
    assert_eq!(descriptor.capabilities, FakeGateway::every_capability());
    assert_eq!(descriptor, fixture.gateway.factory().descriptor());
    // All capabilities are true.
    assert!(!format!("{:?}", descriptor.capabilities).contains("false"));
}

#[test]
#[should_panic(
    expected = "cancel_checkout cannot get this response: the operation is not declared"
)]
fn a_response_to_an_undeclared_operation_panics() {
    let fixture = Fixture::without(|all| all.cancellation = false);
    fixture.gateway.respond_next(
        Operation::CancelCheckout,
        ScriptedResponse::refuse_cancellation(),
    );
}

#[test]
fn responses_to_other_operations_panic() {
    let misplaced = [
        (Operation::CreateCheckout, ScriptedResponse::stale_read()),
        (
            Operation::FetchCheckout,
            ScriptedResponse::refuse_cancellation(),
        ),
        (
            Operation::CancelCheckout,
            ScriptedResponse::create_with_amount(inr("1")),
        ),
        (
            Operation::HandleWebhook,
            ScriptedResponse::apply_then_time_out(),
        ),
        (Operation::VerifyReturn, ScriptedResponse::succeed()),
    ];
    for (operation, answer) in misplaced {
        let gateway = Fixture::new().gateway;
        let played = std::thread::spawn(move || {
            gateway.respond_next(operation, answer);
        });
        assert!(played.join().is_err(), "{operation}");
    }
}
