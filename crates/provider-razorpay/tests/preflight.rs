//! Every limit that is known without a call is checked before anything is sent, and the body is
//! written.

mod fake;
mod support;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutExtension, CheckoutOptions, CheckoutReference, CheckoutRequest, ConnectionSettings,
    Currency, Customer, CustomerId, Money, PartialPayments, PayerNotification, PaymentMethod,
    PaymentProvider, ViolationCode, Violations,
};
use support::*;

fn provider_with(
    change: impl FnOnce(ConnectionSettings) -> ConnectionSettings,
) -> Arc<dyn PaymentProvider> {
    connect_with(config(), &change(settings("http://127.0.0.1:9/v1")))
}

fn strict() -> Arc<dyn PaymentProvider> {
    provider_with(|settings| settings.with("unfit_customer_details", "refuse"))
}

fn body(provider: &Arc<dyn PaymentProvider>, request: &CheckoutRequest) -> String {
    let prepared = provider.prepare_checkout(request).unwrap();
    String::from_utf8(prepared.body.to_vec()).unwrap()
}

fn refused(request: &CheckoutRequest) -> Violations {
    strict().prepare_checkout(request).unwrap_err()
}

/// Returns the single violation of this request.
fn sole(request: &CheckoutRequest) -> (String, ViolationCode) {
    let violations = refused(request);
    let all: Vec<_> = violations.iter().collect();
    assert_eq!(all.len(), 1, "{violations}");
    (all[0].field.to_string(), all[0].code)
}

fn accepted(request: &CheckoutRequest) {
    offline().prepare_checkout(request).unwrap();
}

fn with(change: impl FnOnce(&mut CheckoutRequest)) -> CheckoutRequest {
    let mut request = request();
    change(&mut request);
    request
}

fn with_options(options: CheckoutOptions) -> CheckoutRequest {
    request().with_options(options)
}

fn bare_customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap())
}

fn url(text: &str) -> url::Url {
    text.parse().unwrap()
}

#[test]
fn every_field_of_a_request_is_written() {
    let customer = customer().with_email("jo@shop.example").with_name("Jo Doe");
    let options = CheckoutOptions::new()
        .with_notify_payer(PayerNotification::NONE.by_sms())
        .with_reminders()
        .with_note("b", "2")
        .with_note("zz", "ü");
    let mut request = with(|request| request.customer = customer)
        .with_return_url(url("https://shop.example/thanks?a=b#c"))
        .with_partial_payments(PartialPayments::at_least(inr(1_100)))
        .with_options(options);
    request.purpose = "Rechnung № \"1\"".to_owned();
    request.expires_at = "2026-01-16T15:30:00.999+05:30".parse().unwrap();
    let provider = offline();
    let prepared = provider.prepare_checkout(&request).unwrap();
    let expected = [
        r#"{"amount":20012,"currency":"INR","accept_partial":true,"first_min_partial_amount":1100,"#,
        r#""expire_by":1768557600,"reference_id":"inv-1","description":"Rechnung № \"1\"","#,
        r#""customer":{"name":"Jo Doe","email":"jo@shop.example","contact":"+919000090000"},"#,
        r#""notify":{"sms":true,"email":false},"reminder_enable":true,"#,
        r#""notes":{"b":"2","fingerprint":"FINGERPRINT","zz":"ü"},"#,
        r#""callback_url":"https://shop.example/thanks?a=b#c","callback_method":"get"}"#,
    ];
    let expected = expected
        .concat()
        .replace("FINGERPRINT", prepared.fingerprint.as_str());
    assert_eq!(std::str::from_utf8(&prepared.body).unwrap(), expected);
    assert_eq!(prepared.expires_at, "2026-01-16T10:00:00Z".parse().unwrap());
    assert_eq!(prepared.amount, request.amount);
    assert_eq!(prepared.reference, request.reference);
    assert_eq!(prepared.environment, provider.environment());
    assert_eq!(prepared.provider.as_str(), provider_razorpay::PROVIDER_ID);
}

#[test]
fn a_minimal_request_states_the_defaults_and_no_empty_fields() {
    let mut request = with(|request| request.customer = bare_customer());
    request.purpose = " ".to_owned();
    let prepared = offline().prepare_checkout(&request).unwrap();
    let expected = [
        r#"{"amount":20012,"currency":"INR","accept_partial":false,"expire_by":1768557600,"#,
        r#""reference_id":"inv-1","notify":{"sms":false,"email":false},"reminder_enable":false,"#,
        r#""notes":{"fingerprint":"FINGERPRINT"}}"#,
    ];
    let expected = expected
        .concat()
        .replace("FINGERPRINT", prepared.fingerprint.as_str());
    assert_eq!(std::str::from_utf8(&prepared.body).unwrap(), expected);
}

#[test]
fn equal_requests_have_equal_bytes_and_any_change_alters_the_fingerprint() {
    let provider = offline();
    let prepare = |request: &CheckoutRequest| provider.prepare_checkout(request).unwrap();
    let first = prepare(&request());
    assert_eq!(first, prepare(&request()));
    for other in [
        with(|request| request.amount = inr(20_013)),
        with(|request| request.purpose = "Invoice 2".to_owned()),
        with(|request| request.customer = bare_customer()),
        with(|request| request.expires_at += SignedDuration::from_secs(1)),
        request().with_note("a", "b"),
        request().with_partial_payments(PartialPayments::any()),
        request().with_return_url(url("https://shop.example/")),
    ] {
        assert_ne!(first.fingerprint, prepare(&other).fingerprint);
    }
}

#[test]
fn amounts_are_whole_numbers_of_the_minor_unit() {
    for (units, code, written) in [
        (100, "INR", "100"),
        (295, "JPY", "295"),
        (99_990, "KWD", "99990"),
        (i64::MAX, "USD", "9223372036854775807"),
    ] {
        let amount = Money::from_minor_units(units, code.parse().unwrap());
        let body = body(&offline(), &with(|request| request.amount = amount));
        let start = format!(r#"{{"amount":{written},"currency":"{code}","#);
        assert!(body.starts_with(&start), "{body}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_limit_is_checked_and_named() {
    use ViolationCode::{Invalid, Missing, TooLarge, TooSmall, Unsupported};
    let amount = |units, currency: Currency| {
        with(|request| request.amount = Money::from_minor_units(units, currency))
    };
    let least = |units, currency| {
        let minimum = Money::from_minor_units(units, currency);
        request().with_partial_payments(PartialPayments::at_least(minimum))
    };
    let ends = |at: Timestamp| with(|request| request.expires_at = at);
    let asked = |customer: Customer| with(|request| request.customer = customer);
    let long = CheckoutReference::new("r".repeat(41)).unwrap();
    let notify = |by| with_options(CheckoutOptions::new().with_notify_payer(by));
    let second = SignedDuration::from_secs(1);
    for (request, field, code) in [
        (
            with(|request| request.reference = long),
            "reference",
            TooLarge,
        ),
        (amount(0, Currency::INR), "amount", TooSmall),
        (amount(-100, Currency::INR), "amount", TooSmall),
        (amount(99, Currency::INR), "amount", TooSmall),
        (amount(99_991, Currency::KWD), "amount", Invalid),
        (
            amount(10_000, "LYD".parse().unwrap()),
            "amount",
            Unsupported,
        ),
        (
            with(|request| request.purpose = "p".repeat(2049)),
            "purpose",
            TooLarge,
        ),
        (
            ends(NOW + SignedDuration::from_mins(16) - second),
            "expires_at",
            TooSmall,
        ),
        (ends(NOW - second), "expires_at", TooSmall),
        (
            ends(NOW + SignedDuration::from_hours(180 * 24) + second),
            "expires_at",
            TooLarge,
        ),
        (
            asked(bare_customer().with_phone("1234567")),
            "customer.phone",
            Invalid,
        ),
        (
            asked(bare_customer().with_phone("9999999999")),
            "customer.phone",
            Invalid,
        ),
        (
            asked(bare_customer().with_phone("+123456789012345")),
            "customer.phone",
            Invalid,
        ),
        (
            asked(bare_customer().with_email("jo")),
            "customer.email",
            Invalid,
        ),
        (
            asked(bare_customer().with_name("Jo")),
            "customer.name",
            Invalid,
        ),
        (
            asked(bare_customer().with_name("x".repeat(51))),
            "customer.name",
            Invalid,
        ),
        (
            request().with_return_url(url("http://shop.example/")),
            "return_url",
            Invalid,
        ),
        (
            request().with_notify_url(url("https://shop.example/hook")),
            "notify_url",
            Unsupported,
        ),
        (
            least(0, Currency::INR),
            "partial_payments.minimum",
            TooSmall,
        ),
        (
            least(99, Currency::INR),
            "partial_payments.minimum",
            TooSmall,
        ),
        (
            least(20_013, Currency::INR),
            "partial_payments.minimum",
            TooLarge,
        ),
        (
            least(100, Currency::USD),
            "partial_payments.minimum",
            Invalid,
        ),
        (
            with_options(CheckoutOptions::new().with_methods([PaymentMethod::Upi])),
            "options.methods",
            Unsupported,
        ),
        (
            notify(PayerNotification::NONE.by_email()),
            "customer.email",
            Missing,
        ),
        (
            request().with_note("fingerprint", "mine"),
            "options.notes",
            Invalid,
        ),
        (
            request().with_note("a", "x".repeat(256)),
            "options.notes",
            TooLarge,
        ),
        (
            (0..15).fold(request(), |request, n| {
                request.with_note(format!("n{n}"), "x")
            }),
            "options.notes",
            TooLarge,
        ),
    ] {
        let (found, found_code) = sole(&request);
        assert_eq!((found.as_str(), found_code), (field, code));
    }
    let mut unknown = notify(PayerNotification::NONE.by_sms());
    unknown.customer = bare_customer();
    assert_eq!(sole(&unknown), ("customer.phone".to_owned(), Missing));
}

#[test]
fn requests_at_the_limits_are_accepted() {
    let longest = CheckoutReference::new("r".repeat(40)).unwrap();
    accepted(&with(|request| request.reference = longest));
    accepted(&with(|request| request.purpose = "p".repeat(2048)));
    accepted(&with(|request| {
        request.expires_at = NOW + SignedDuration::from_mins(16);
    }));
    accepted(&with(|request| {
        request.expires_at = NOW + SignedDuration::from_hours(180 * 24);
    }));
    accepted(&request().with_partial_payments(PartialPayments::at_least(inr(20_012))));
    accepted(&request().with_note("a", "ü".repeat(255)));
    let notes = (0..14).fold(request(), |request, n| {
        request.with_note(format!("n{n}"), "x")
    });
    accepted(&notes);
}

#[test]
fn all_violations_are_reported_together_without_values() {
    let mut request = request().with_notify_url(url("https://canary.example/"));
    request.amount = inr(0);
    request.purpose = "canary".repeat(400);
    request.expires_at = NOW;
    request.customer = bare_customer()
        .with_phone("canary")
        .with_email("canary")
        .with_name("canary & canary");
    let extension = CheckoutExtension::new(provider_razorpay::PROVIDER_ID.parse().unwrap())
        .with_json("upi_link", "true")
        .with_json("canary-{}", "\"canary\"");
    request.options = CheckoutOptions::new()
        .with_note("fingerprint", "canary")
        .with_extension(extension);
    let violations = refused(&request);
    for field in [
        "amount",
        "purpose",
        "expires_at",
        "notify_url",
        "customer.phone",
        "customer.email",
        "customer.name",
        "options.notes",
        "extensions.razorpay.upi_link",
        "extensions.razorpay.(unknown field)",
    ] {
        assert!(violations.names(field), "{field} is not among {violations}");
    }
    let shown = format!("{violations} {violations:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_detail_that_razorpay_would_refuse_does_not_prevent_a_link() {
    let long = "x".repeat(50);
    let too_long = format!("{long}x");
    for (customer, sent) in [
        (bare_customer().with_name("Sharma & Sons, Pune"), ""),
        (bare_customer().with_name("Al"), ""),
        (bare_customer().with_email("jo"), ""),
        (bare_customer().with_phone("1234567"), ""),
        (bare_customer().with_phone("9999999999"), ""),
        (bare_customer().with_phone("+123456789012345"), ""),
        (
            bare_customer().with_name(too_long),
            &*format!(r#""customer":{{"name":"{long}"}},"#),
        ),
        (
            bare_customer()
                .with_name("Al")
                .with_email("al@shop.example"),
            r#""customer":{"email":"al@shop.example"},"#,
        ),
    ] {
        let request = with(|request| request.customer = customer.clone());
        let body = body(&offline(), &request);
        let end = format!(r#""description":"Invoice 1",{sent}"notify""#);
        assert!(body.contains(&end), "{customer:?}: {body}");
        assert!(strict().prepare_checkout(&request).is_err(), "{customer:?}");
    }
}

#[test]
fn a_detail_that_another_option_needs_is_missing_if_it_is_left_out() {
    let unfit = bare_customer()
        .with_phone("9999999999")
        .with_email("jo")
        .with_name("Müller & Co");
    let by = PayerNotification::NONE.by_sms().by_email();
    let asked = with(|request| request.customer = unfit)
        .with_options(CheckoutOptions::new().with_notify_payer(by));
    let violations = offline().prepare_checkout(&asked).unwrap_err();
    assert!(violations.names("customer.phone") && violations.names("customer.email"));
    assert_eq!(violations.iter().count(), 2, "{violations}");
}

#[test]
fn only_a_change_of_the_customer_as_sent_alters_its_fingerprint() {
    let customer = || customer().with_name("Jo Doe").with_email("jo@shop.example");
    let print = |change: fn(&mut CheckoutRequest)| {
        let mut request = with(|request| request.customer = customer());
        change(&mut request);
        let prepared = offline().prepare_checkout(&request).unwrap();
        prepared.customer_fingerprint
    };
    let first = print(|_| {});
    assert!(first.is_some());
    let same: [fn(&mut CheckoutRequest); 7] = [
        |request| request.purpose = "Invoice 2".to_owned(),
        |request| request.expires_at += SignedDuration::from_secs(60),
        |request| request.return_url = Some(url("https://shop.example/")),
        |request| request.reference = CheckoutReference::new("inv-2").unwrap(),
        |request| request.amount = inr(1_000),
        |request| request.options = CheckoutOptions::new().with_note("a", "b"),
        // Sent in the same form.
        |request| request.customer = request.customer.clone().with_phone("(+91) 9000090000"),
    ];
    for change in same {
        assert_eq!(print(change), first);
    }
    let other: [fn(&mut CheckoutRequest); 3] = [
        |request| request.customer = request.customer.clone().with_name("Jo Do"),
        |request| request.customer = request.customer.clone().with_email("do@shop.example"),
        |request| request.customer = request.customer.clone().with_phone("+919000090001"),
    ];
    for change in other {
        assert_ne!(print(change), first);
    }
    // Without any detail there is a fingerprint too, so that a detail that is added is noticed.
    let empty = print(|request| request.customer = bare_customer());
    assert!(empty.is_some());
    assert_ne!(empty, first);
    // The customer's id is part of it, so that a phone number cannot be found by trying.
    let lone = |id: &str| {
        let customer = Customer::new(CustomerId::new(id).unwrap()).with_phone("+919000090000");
        let request = with(|request| request.customer = customer);
        let prepared = offline().prepare_checkout(&request).unwrap();
        prepared.customer_fingerprint
    };
    assert_eq!(lone("cust-1"), lone("cust-1"));
    assert_ne!(lone("cust-1"), lone("cust-2"));
}

#[test]
fn the_return_page_of_the_request_overrides_that_of_the_connection() {
    let page = "https://shop.example/connection";
    let provider = provider_with(|settings| settings.with("return_url", page));
    let expected = format!(r#""callback_url":"{page}","callback_method":"get""#);
    assert!(body(&provider, &request()).contains(&expected));
    let own = request().with_return_url(url("https://shop.example/own"));
    let body = body(&provider, &own);
    assert!(body.contains("/own") && !body.contains(page), "{body}");
}

#[test]
fn extensions_of_other_providers_are_ignored() {
    let extension = CheckoutExtension::new("cashfree".parse().unwrap()).with_json("a", "1");
    accepted(&with_options(
        CheckoutOptions::new().with_extension(extension),
    ));
}
