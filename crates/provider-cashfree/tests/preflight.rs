//! Every limit that is known without a call is checked before anything is sent, and the body is
//! written.

mod support;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, ConnectionSettings, Currency, Customer, CustomerId, Money,
    PartialPayments, PaymentProvider, ViolationCode, Violations,
};
use support::*;

fn provider_with(
    change: impl FnOnce(ConnectionSettings) -> ConnectionSettings,
) -> Arc<dyn PaymentProvider> {
    connect_with(config(), &change(settings("http://127.0.0.1:9/pg")))
}

fn provider() -> Arc<dyn PaymentProvider> {
    provider_with(|settings| settings)
}

fn production() -> Arc<dyn PaymentProvider> {
    let settings = ConnectionSettings::new()
        .with("client_id", "ID")
        .with("client_secret", SECRET)
        .with("environment", "production");
    connect_with(config(), &settings)
}

fn body(provider: &Arc<dyn PaymentProvider>, request: &CheckoutRequest) -> String {
    let prepared = provider.prepare_checkout(request).unwrap();
    String::from_utf8(prepared.body.to_vec()).unwrap()
}

fn refused(provider: &Arc<dyn PaymentProvider>, request: &CheckoutRequest) -> Violations {
    provider.prepare_checkout(request).unwrap_err()
}

/// Returns the single violation of this request.
fn sole(provider: &Arc<dyn PaymentProvider>, request: &CheckoutRequest) -> (String, ViolationCode) {
    let violations = refused(provider, request);
    let all: Vec<_> = violations.iter().collect();
    assert_eq!(all.len(), 1, "{violations}");
    (all[0].field.to_string(), all[0].code)
}

fn with_amount(amount: Money) -> CheckoutRequest {
    let mut request = request();
    request.amount = amount;
    request
}

fn with_expiry(expires_at: Timestamp) -> CheckoutRequest {
    let mut request = request();
    request.expires_at = expires_at;
    request
}

fn with_customer(customer: Customer) -> CheckoutRequest {
    let mut request = request();
    request.customer = customer;
    request
}

fn bare_customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap())
}

fn url(text: &str) -> url::Url {
    text.parse().unwrap()
}

#[test]
fn every_field_of_a_request_is_written() {
    let mut customer = customer();
    customer = customer
        .with_email("jo@shop.example")
        .with_name("Jo \"J\" Ö");
    let mut request = with_customer(customer)
        .with_return_url(url("https://shop.example/thanks?a=b#c"))
        .with_notify_url(url("http://127.0.0.1:8080/hook"))
        .with_partial_payments(PartialPayments::at_least(inr(1_100)))
        .with_note("b", "2")
        .with_note("a", "1")
        .with_note("zz", "ü")
        .with_note("empty", "");
    request.purpose = "Rechnung № 1".to_owned();
    request.expires_at = "2026-01-16T15:30:00.999+05:30".parse().unwrap();
    let provider = provider();
    let prepared = provider.prepare_checkout(&request).unwrap();
    let expected = [
        r#"{"link_id":"inv-1","link_amount":200.12,"link_currency":"INR","#,
        r#""link_purpose":"Rechnung № 1","customer_details":{"customer_phone":"9000000000","#,
        r#""customer_email":"jo@shop.example","customer_name":"Jo \"J\" Ö"},"#,
        r#""link_partial_payments":true,"link_minimum_partial_amount":11.00,"#,
        r#""link_expiry_time":"2026-01-16T10:00:00Z","#,
        r#""link_notify":{"send_sms":false,"send_email":false},"link_auto_reminders":false,"#,
        r#""link_notes":{"a":"1","b":"2","empty":"","fingerprint":"FINGERPRINT","zz":"ü"},"#,
        r#""link_meta":{"notify_url":"http://127.0.0.1:8080/hook","#,
        r#""return_url":"https://shop.example/thanks?a=b#c","upi_intent":true}}"#,
    ];
    let expected = expected
        .concat()
        .replace("FINGERPRINT", prepared.fingerprint.as_str());
    assert_eq!(std::str::from_utf8(&prepared.body).unwrap(), expected);
    assert_eq!(prepared.expires_at, "2026-01-16T10:00:00Z".parse().unwrap());
    assert_eq!(prepared.amount, request.amount);
    assert_eq!(prepared.reference, request.reference);
    assert_eq!(prepared.environment, provider.environment());
    assert_eq!(prepared.provider.as_str(), provider_cashfree::PROVIDER_ID);
}

#[test]
fn equal_requests_have_equal_bytes_and_any_change_alters_the_fingerprint() {
    let provider = provider();
    let prepare = |request: &CheckoutRequest| provider.prepare_checkout(request).unwrap();
    let first = prepare(&request());
    assert_eq!(first, prepare(&request()));
    for other in [
        with_amount(inr(20_013)),
        with_amount(Money::from_minor_units(20_012, Currency::USD)),
        with_expiry(request().expires_at + SignedDuration::from_secs(1)),
        with_customer(bare_customer().with_phone("9000000001")),
        request().with_note("a", "b"),
        request().with_return_url(url("https://shop.example/")),
        request().with_partial_payments(PartialPayments::any()),
    ] {
        assert_ne!(prepare(&other).fingerprint, first.fingerprint);
    }
}

#[test]
fn the_return_page_of_the_request_overrides_that_of_the_connection() {
    let provider =
        provider_with(|settings| settings.with("redirect_url", "https://shop.example/own"));
    let own = body(&provider, &request());
    assert!(
        own.contains(r#""return_url":"https://shop.example/own""#),
        "{own}"
    );
    let named = request().with_return_url(url("https://shop.example/named"));
    let named = body(&provider, &named);
    assert!(
        named.contains(r#""return_url":"https://shop.example/named""#),
        "{named}"
    );
}

#[test]
fn amounts_are_written_exactly_or_refused() {
    let provider = provider();
    for (amount, written) in [
        (inr(1), "0.01"),
        (inr(100), "1.00"),
        (inr(i64::MAX), "92233720368547758.07"),
        (Money::from_minor_units(500, Currency::JPY), "500"),
        (Money::from_minor_units(1_230, Currency::KWD), "1.23"),
    ] {
        let body = body(&provider, &with_amount(amount));
        let expected = format!(r#""link_amount":{written},"#);
        assert!(body.contains(&expected), "{body}");
    }
    for (amount, code) in [
        (inr(0), ViolationCode::TooSmall),
        (inr(-1), ViolationCode::TooSmall),
        (inr(i64::MIN), ViolationCode::TooSmall),
        (
            Money::from_minor_units(1_234, Currency::KWD),
            ViolationCode::Invalid,
        ),
    ] {
        assert_eq!(
            sole(&provider, &with_amount(amount)),
            ("amount".to_owned(), code)
        );
    }
}

#[test]
fn unofficial_limits_apply_only_if_enabled() {
    let strict = provider_with(|settings| settings.with("low_trust_limits", true));
    let lax = provider();
    let jpy = |units| Money::from_minor_units(units, Currency::JPY);
    for (amount, code) in [
        (inr(99), ViolationCode::TooSmall),
        (inr(100_000_001), ViolationCode::TooLarge),
        (jpy(1_000_001), ViolationCode::TooLarge),
        (inr(i64::MAX), ViolationCode::TooLarge),
    ] {
        assert_eq!(
            sole(&strict, &with_amount(amount)),
            ("amount".to_owned(), code)
        );
        assert!(lax.prepare_checkout(&with_amount(amount)).is_ok());
    }
    for amount in [inr(100), inr(100_000_000), jpy(1), jpy(1_000_000)] {
        assert!(strict.prepare_checkout(&with_amount(amount)).is_ok());
    }
}

#[test]
fn a_purpose_has_1_to_500_characters() {
    let provider = provider();
    let mut request = request();
    for good in ["x".to_owned(), "₹".repeat(500)] {
        request.purpose = good;
        assert!(provider.prepare_checkout(&request).is_ok());
    }
    for (bad, code) in [
        (String::new(), ViolationCode::Missing),
        (" \t".to_owned(), ViolationCode::Missing),
        ("x".repeat(501), ViolationCode::TooLarge),
    ] {
        request.purpose = bad;
        assert_eq!(sole(&provider, &request), ("purpose".to_owned(), code));
    }
}

#[test]
fn the_host_can_use_four_notes() {
    let provider = provider();
    let notes = |count: usize| (0..count).fold(request(), |r, n| r.with_note(format!("k{n}"), "v"));
    assert!(provider.prepare_checkout(&notes(4)).is_ok());
    let notes_field = |code| ("options.notes".to_owned(), code);
    assert_eq!(
        sole(&provider, &notes(5)),
        notes_field(ViolationCode::TooLarge)
    );
    let own = request().with_note(provider_cashfree::FINGERPRINT_NOTE, "x");
    assert_eq!(sole(&provider, &own), notes_field(ViolationCode::Invalid));
}

#[test]
fn the_expiry_must_be_in_the_future_by_the_injected_clock() {
    let provider = provider();
    let second = SignedDuration::from_secs(1);
    assert!(
        provider
            .prepare_checkout(&with_expiry(NOW + second))
            .is_ok()
    );
    let last = Timestamp::MAX;
    assert!(provider.prepare_checkout(&with_expiry(last)).is_ok());
    let too_early = ("expires_at".to_owned(), ViolationCode::TooSmall);
    for bad in [
        NOW,
        NOW - second,
        // Truncated to whole seconds, this is the current time.
        NOW + SignedDuration::from_millis(999),
        Timestamp::MIN,
    ] {
        assert_eq!(sole(&provider, &with_expiry(bad)), too_early, "{bad}");
    }
}

#[test]
fn plain_http_addresses_are_only_accepted_on_loopback_in_sandbox() {
    let sandbox = provider();
    let production = production();
    for (address, in_sandbox, in_production) in [
        ("https://shop.example/x", true, true),
        ("http://localhost:8080/x", true, false),
        ("http://shop.example/x", false, false),
        ("https://user:pw@shop.example/x", false, false),
        ("ftp://shop.example/x", false, false),
    ] {
        for (provider, good) in [(&sandbox, in_sandbox), (&production, in_production)] {
            let request = request()
                .with_return_url(url(address))
                .with_notify_url(url(address));
            match provider.prepare_checkout(&request) {
                Ok(_) => assert!(good, "{address}"),
                Err(violations) => {
                    assert!(!good, "{address}");
                    assert!(violations.names("return_url") && violations.names("notify_url"));
                }
            }
        }
    }
}

#[test]
fn a_return_address_has_at_most_250_characters() {
    let provider = provider();
    let address = |length: usize| {
        let start = "https://shop.example/";
        url(&format!("{start}{}", "x".repeat(length - start.len())))
    };
    let good = request()
        .with_return_url(address(250))
        .with_notify_url(address(900));
    assert!(provider.prepare_checkout(&good).is_ok());
    let bad = request().with_return_url(address(251));
    let expected = ("return_url".to_owned(), ViolationCode::TooLarge);
    assert_eq!(sole(&provider, &bad), expected);
    let encoded =
        request().with_return_url(url(&format!("https://shop.example/{}", "ü".repeat(60))));
    assert_eq!(sole(&provider, &encoded), expected);
}

#[test]
fn the_first_instalment_is_below_the_amount_and_in_its_currency() {
    let provider = provider();
    let with = |minimum| request().with_partial_payments(PartialPayments::at_least(minimum));
    assert!(provider.prepare_checkout(&with(inr(20_011))).is_ok());
    let any = request().with_partial_payments(PartialPayments::any());
    let any = body(&provider, &any);
    assert!(
        any.contains(r#""link_partial_payments":true,"link_expiry_time""#),
        "{any}"
    );
    for (bad, code) in [
        (inr(20_012), ViolationCode::TooLarge),
        (inr(0), ViolationCode::TooSmall),
        (inr(-5), ViolationCode::TooSmall),
        (
            Money::from_minor_units(5, Currency::USD),
            ViolationCode::Invalid,
        ),
    ] {
        let expected = ("partial_payments.minimum".to_owned(), code);
        assert_eq!(sole(&provider, &with(bad)), expected);
    }
}

#[test]
fn a_phone_number_is_required_and_never_invented() {
    let provider = provider();
    let phone = |code| ("customer.phone".to_owned(), code);
    let missing = with_customer(bare_customer());
    assert_eq!(sole(&provider, &missing), phone(ViolationCode::Missing));
    let blank = with_customer(bare_customer().with_phone(" - "));
    assert_eq!(sole(&provider, &blank), phone(ViolationCode::Missing));
    for bad in [
        "12345",
        "98765a3210",
        "+91123",
        "none",
        "+910963854424",
        "00963854424",
        "915638544240",
    ] {
        let request = with_customer(bare_customer().with_phone(bad));
        assert_eq!(
            sole(&provider, &request),
            phone(ViolationCode::Invalid),
            "{bad}"
        );
    }
    let abroad = with_customer(bare_customer().with_phone("+44 20 7946 0958"));
    assert!(body(&provider, &abroad).contains(r#""customer_phone":"+442079460958""#));
}

#[test]
fn an_indian_mobile_number_is_sent_in_one_form_however_it_was_typed() {
    let provider = provider();
    for typed in [
        "9638544240",
        "09638544240",
        "919638544240",
        "0091 96385 44240",
        "+91 96385-44240",
    ] {
        let sent = body(&provider, &with_customer(bare_customer().with_phone(typed)));
        assert!(
            sent.contains(r#""customer_phone":"9638544240""#),
            "{typed}: {sent}"
        );
    }
}

#[tokio::test]
async fn a_number_that_cannot_be_sent_is_reported_with_the_rule() {
    let provider = provider();
    let customer = bare_customer().with_phone("+910963854424");
    let needs = provider.link_customer(&customer).await.unwrap().needs;
    let rule = "phone: must be 10 digits for India, of which the first is not 0, \
                or + with country code and number of 7 to 15 digits";
    assert_eq!(needs.to_string(), rule);
    let violations = refused(&provider, &with_customer(customer));
    assert_eq!(violations.to_string(), format!("customer.{rule}"));
}

#[test]
fn the_fingerprint_of_one_customer_depends_on_phone_email_and_name_alone() {
    let provider = provider();
    let of = |request: &CheckoutRequest| {
        let prepared = provider.prepare_checkout(request).unwrap();
        prepared.customer_fingerprint.unwrap()
    };
    let known = || customer().with_email("a@shop.example").with_name("Asha");
    let first = with_customer(known());
    let print = of(&first);
    for changed in [
        known().with_phone("9000000001"),
        known().with_email("b@shop.example"),
        known().with_name("Asha R"),
        known().with_email(""),
        known().with_name(" "),
        // The values do not run into each other.
        customer().with_email("a@shop.exampleAsha"),
        customer().with_email("Asha").with_name("a@shop.example"),
    ] {
        assert_ne!(of(&with_customer(changed.clone())), print, "{changed:?}");
    }
    // Another form of the same number is the same customer.
    assert_eq!(
        of(&with_customer(known().with_phone("+91 90000-00000"))),
        print
    );

    let mut other = first.clone();
    other.reference = CheckoutReference::new("inv-2").unwrap();
    other.purpose = "Invoice 2".to_owned();
    other.amount = inr(100);
    other.expires_at = first.expires_at + jiff::SignedDuration::from_hours(1);
    let other = other
        .with_return_url(url("https://shop.example/back"))
        .with_notify_url(url("https://shop.example/hook"))
        .with_note("note", "value");
    assert_eq!(of(&other), print);
    let (first, other) = (
        provider.prepare_checkout(&first).unwrap(),
        provider.prepare_checkout(&other).unwrap(),
    );
    assert_ne!(first.fingerprint, other.fingerprint);
}

#[test]
fn two_customers_with_the_same_number_have_different_fingerprints() {
    let provider = provider();
    let of = |id: &str| {
        let customer = Customer::new(CustomerId::new(id).unwrap()).with_phone("9000000000");
        let prepared = provider.prepare_checkout(&with_customer(customer));
        prepared.unwrap().customer_fingerprint.unwrap()
    };
    assert_eq!(of("c-1"), of("c-1"));
    assert_ne!(of("c-1"), of("c-2"));
}

#[test]
fn the_substitute_number_is_part_of_the_customers_fingerprint() {
    let of = |number: &str| {
        let provider = provider_with(|settings| settings.with("missing_phone_number", number));
        let prepared = provider.prepare_checkout(&with_customer(bare_customer()));
        prepared.unwrap().customer_fingerprint
    };
    assert_ne!(of("8040404040"), of("8040404041"));
}

#[test]
fn the_substitute_number_is_sent_only_for_customers_without_one() {
    let provider =
        provider_with(|settings| settings.with("missing_phone_number", "+91 80 4040 4040"));
    let sent = body(&provider, &with_customer(bare_customer()));
    assert!(sent.contains(r#""customer_phone":"8040404040""#), "{sent}");
    let own = body(&provider, &request());
    assert!(own.contains(r#""customer_phone":"9000000000""#), "{own}");
    let unreadable = with_customer(bare_customer().with_phone("98765"));
    assert!(refused(&provider, &unreadable).names("customer.phone"));
}

#[tokio::test]
async fn linking_a_customer_reports_missing_details_and_sends_nothing() {
    let provider = provider();
    let ready = provider.link_customer(&customer()).await.unwrap();
    assert!(ready.needs.is_empty());
    assert_eq!(ready.remote_id, None);
    let without = provider.link_customer(&bare_customer()).await.unwrap();
    assert!(without.needs.names("phone"));
    let malformed = bare_customer()
        .with_phone("12")
        .with_email("@")
        .with_name("");
    let needs = provider.link_customer(&malformed).await.unwrap().needs;
    assert_eq!(needs.iter().count(), 1, "{needs}");

    let provider = provider_with(|settings| settings.with("missing_phone_number", "8040404040"));
    let without = provider.link_customer(&bare_customer()).await.unwrap();
    assert!(without.needs.is_empty());
}

#[test]
fn unknown_customer_details_are_not_sent() {
    let blank = with_customer(customer().with_email(" ").with_name(""));
    let body = body(&provider(), &blank);
    assert!(
        body.contains(r#""customer_details":{"customer_phone":"9000000000"},"#),
        "{body}"
    );
}

#[test]
fn all_violations_are_reported_together_without_values() {
    let canary = "canary";
    let mut request = CheckoutRequest::new(
        CheckoutReference::new("inv-1").unwrap(),
        inr(0),
        "",
        bare_customer().with_phone(canary).with_email(canary),
        NOW,
    )
    .with_return_url(url("http://canary.example/"))
    .with_notify_url(url("ftp://canary.example/"))
    .with_partial_payments(PartialPayments::at_least(inr(0)));
    for n in 0..5 {
        request = request.with_note(format!("canary{n}"), canary);
    }
    let violations = refused(&provider(), &request);
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
    let expected = [
        "amount",
        "purpose",
        "customer.phone",
        "expires_at",
        "return_url",
        "notify_url",
        "partial_payments.minimum",
        "partial_payments.minimum",
        "options.notes",
    ];
    assert_eq!(fields, expected);
    let shown = format!("{violations} {violations:?}");
    assert!(!shown.contains(canary), "{shown}");
}
