//! Checks of `prepare_checkout`.

use std::time::Duration;

use payment_provider_conformance::fake::FakeGatewayBuilder;
use payment_provider_core::*;

use ViolationCode::{Missing, TooLarge, TooSmall, Unknown, Unsupported};

use crate::fixture::{Fixture, inr, request};

fn violations_of(fixture: &Fixture, request: &CheckoutRequest) -> String {
    fixture
        .provider
        .prepare_checkout(request)
        .unwrap_err()
        .to_string()
}

#[test]
fn all_violations_are_reported_at_once() {
    let fixture = Fixture::with(|builder| {
        let life = (Duration::from_mins(5), Duration::from_hours(24));
        builder
            .with_capabilities(Capabilities::default())
            .with_currencies(CurrencySupport::Only(vec![Currency::USD]))
            .with_limits(
                CheckoutLimits::default()
                    .with_reference_length(3)
                    .with_life(life.0, life.1),
            )
            .with_required_phone()
    });
    let mut asked = request("reference", fixture.clock.now());
    asked.amount = inr("0");
    asked.purpose = " ".to_owned();
    asked.notify_url = "https://host.example/hook".parse().ok();
    asked.partial_payments = Some(PartialPayments::at_least(inr("0")));
    asked.options = CheckoutOptions::new()
        .with_methods([PaymentMethod::Upi])
        .with_notify_payer(PayerNotification::NONE.by_email())
        .with_reminders()
        .with_extension(
            CheckoutExtension::new(ProviderId::new("fake").unwrap()).with_json("colour", "1"),
        );
    let violations = fixture.provider.prepare_checkout(&asked).unwrap_err();
    let fields: Vec<_> = violations
        .iter()
        .map(|violation| (&*violation.field, violation.code))
        .collect();
    assert_eq!(
        fields,
        [
            ("reference", TooLarge),
            ("amount", TooSmall),
            ("amount", Unsupported),
            ("expires_at", TooSmall),
            ("notify_url", Unsupported),
            ("partial_payments", Unsupported),
            ("options.methods", Unsupported),
            ("options.notify_payer", Unsupported),
            ("options.reminders", Unsupported),
            ("purpose", Missing),
            ("customer.phone", Missing),
            ("customer.email", Missing),
            ("partial_payments.minimum", TooSmall),
            ("partial_payments.minimum", TooLarge),
            ("extensions.fake.colour", Unknown),
        ]
    );
    assert!(fixture.gateway.calls().is_empty());
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let fixture = Fixture::new();
    let asked = |note: &str| {
        let mut asked = fixture.request("r");
        asked.options = asked.options.with_note("b", note).with_note("a", "1");
        fixture.provider.prepare_checkout(&asked).unwrap()
    };
    let before = asked("2");
    fixture.clock.advance(Duration::from_millis(1));
    fixture
        .clock
        .set(fixture.clock.now() - Duration::from_millis(1));
    assert_eq!(before, asked("2"));
    assert_ne!(before.fingerprint, asked("3").fingerprint);
}

#[test]
fn limits_are_inclusive() {
    let (least, most) = (Duration::from_mins(5), Duration::from_hours(24));
    let limits = CheckoutLimits::default()
        .with_reference_length(3)
        .with_life(least, most);
    let fixture = Fixture::with(|builder| builder.with_limits(limits));
    let moment = Duration::from_nanos(1);
    let asked = |left: Duration| request("abc", fixture.clock.now() + left);
    for good in [least, most] {
        fixture.provider.prepare_checkout(&asked(good)).unwrap();
    }
    let violations_of = |request| violations_of(&fixture, &request);
    assert_eq!(
        violations_of(asked(least.saturating_sub(moment))),
        "expires_at: must be at least 300 seconds from now"
    );
    assert_eq!(
        violations_of(asked(most + moment)),
        "expires_at: must be at most 86400 seconds from now"
    );
    let long = request("abcd", fixture.clock.now() + least);
    assert_eq!(
        violations_of(long),
        "reference: must be at most 3 characters"
    );
}

#[test]
fn only_declared_currencies_are_accepted() {
    let only = CurrencySupport::Only(vec![Currency::INR]);
    let fixture = Fixture::with(|builder| builder.with_currencies(only));
    fixture.prepared("r");
    let mut dollars = fixture.request("r");
    dollars.amount = Money::from_minor_units(1, Currency::USD);
    assert_eq!(
        violations_of(&fixture, &dollars),
        "amount: is in a currency that this gateway does not offer"
    );
    Fixture::new().provider.prepare_checkout(&dollars).unwrap();
}

#[tokio::test]
async fn a_gateway_can_require_a_phone_number() {
    let fixture = Fixture::with(FakeGatewayBuilder::with_required_phone);
    assert_eq!(
        violations_of(&fixture, &fixture.request("r")),
        "customer.phone: is required"
    );
    let mut customer = fixture.request("r").customer;
    let link = fixture.provider.link_customer(&customer).await.unwrap();
    assert!(link.needs.names("phone"));
    customer = customer.with_phone("9000000000");
    let link = fixture.provider.link_customer(&customer).await.unwrap();
    assert!(link.needs.is_empty());
}

#[test]
fn the_minimum_partial_payment_is_below_the_amount_and_in_its_currency() {
    let fixture = Fixture::new();
    let mut asked = fixture.request("r");
    asked.partial_payments = Some(PartialPayments::at_least(inr("200.12")));
    assert_eq!(
        violations_of(&fixture, &asked),
        "partial_payments.minimum: must be less than the amount"
    );
    let dollar = Money::from_minor_units(100, Currency::USD);
    asked.partial_payments = Some(PartialPayments::at_least(dollar));
    assert_eq!(
        violations_of(&fixture, &asked),
        "partial_payments.minimum: must be in the currency of the amount"
    );
    asked.partial_payments = Some(PartialPayments::at_least(inr("200.11")));
    fixture.provider.prepare_checkout(&asked).unwrap();
}
