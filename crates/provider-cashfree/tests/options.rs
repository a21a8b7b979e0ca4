//! Checkout options: checked in preflight, and written in the form of the API.

mod support;

use payment_provider_core::{
    CheckoutExtension, CheckoutOptions, CheckoutRequest, Customer, CustomerId, PayerNotification,
    PaymentMethod, ProviderId, ViolationCode,
};
use provider_cashfree::LinkOptions;
use serde_json::Value;
use support::*;

fn body(options: CheckoutOptions) -> String {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let mut request = request().with_options(options);
    request.customer = request.customer.with_email("payer@example.com");
    let prepared = provider.prepare_checkout(&request).unwrap();
    String::from_utf8(prepared.body.to_vec()).unwrap()
}

fn refused(request: &CheckoutRequest) -> Vec<(String, ViolationCode)> {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let violations = provider.prepare_checkout(request).unwrap_err();
    let found = violations.iter();
    found.map(|it| (it.field.to_string(), it.code)).collect()
}

#[test]
fn payer_notifications_are_off_by_default_and_both_flags_are_always_written() {
    let silent = body(CheckoutOptions::new());
    assert!(silent.contains(r#""link_notify":{"send_sms":false,"send_email":false}"#));
    assert!(silent.contains(r#""link_auto_reminders":false"#));
    assert!(silent.contains(r#""upi_intent":true"#));
    for absent in ["payment_methods", "order_splits", "customer_bank"] {
        assert!(!silent.contains(absent), "{silent}");
    }

    let by = PayerNotification::NONE.by_sms();
    let loud = body(
        CheckoutOptions::new()
            .with_notify_payer(by)
            .with_reminders(),
    );
    assert!(loud.contains(r#""link_notify":{"send_sms":true,"send_email":false}"#));
    assert!(loud.contains(r#""link_auto_reminders":true"#));
    let by = PayerNotification::NONE.by_email();
    let mailed = body(CheckoutOptions::new().with_notify_payer(by));
    assert!(mailed.contains(r#""link_notify":{"send_sms":false,"send_email":true}"#));
}

#[test]
fn an_email_notification_requires_an_address() {
    let mut request = request();
    request.customer = Customer::new(CustomerId::new("cust-1").unwrap()).with_phone("9000000000");
    let by = PayerNotification::NONE.by_email();
    let request = request.with_options(CheckoutOptions::new().with_notify_payer(by));
    let missing = ("customer.email".to_owned(), ViolationCode::Missing);
    assert_eq!(refused(&request), [missing]);
}

#[test]
fn methods_are_written_in_the_gateways_notation() {
    let all = [
        (PaymentMethod::CreditCard, "cc"),
        (PaymentMethod::DebitCard, "dc"),
        (PaymentMethod::CorporateCard, "ccc"),
        (PaymentMethod::PrepaidCard, "ppc"),
        (PaymentMethod::NetBanking, "nb"),
        (PaymentMethod::Upi, "upi"),
        (PaymentMethod::Wallet, "app"),
        (PaymentMethod::PayPal, "paypal"),
    ];
    for (method, code) in all {
        let written = body(CheckoutOptions::new().with_methods([method]));
        assert!(
            written.contains(&format!(r#""payment_methods":"{code}""#)),
            "{written}"
        );
    }
    let two =
        body(CheckoutOptions::new().with_methods([PaymentMethod::Upi, PaymentMethod::DebitCard]));
    assert!(two.contains(r#""payment_methods":"dc,upi""#), "{two}");
}

#[test]
fn extension_fields_are_checked_and_sent_as_written() {
    let splits = r#"[{"vendor_id":"v1","amount":55.10}]"#;
    let link = LinkOptions::new()
        .with_upi_intent(false)
        .with_json("order_splits", splits)
        .with_json("customer_details.customer_bank_code", "7001");
    let written = body(CheckoutOptions::new().with_extension(link));
    assert!(
        written.contains(&format!(r#""order_splits":{splits}"#)),
        "{written}"
    );
    assert!(
        written.contains(r#""customer_bank_code":7001"#),
        "{written}"
    );
    assert!(written.contains(r#""upi_intent":false"#), "{written}");
    let read: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(read["customer_details"]["customer_bank_code"], 7001);

    let wrong = LinkOptions::new()
        .with_json("link_amount", "1")
        .with_json("order_splits", "[]");
    let request = request().with_options(CheckoutOptions::new().with_extension(wrong));
    assert_eq!(
        refused(&request),
        [
            (
                "extensions.cashfree.link_amount".to_owned(),
                ViolationCode::Unknown
            ),
            (
                "extensions.cashfree.order_splits".to_owned(),
                ViolationCode::Invalid
            ),
        ]
    );
}

#[test]
fn extensions_of_other_providers_are_ignored() {
    let other = CheckoutExtension::new(ProviderId::new("other").unwrap());
    let other = other.with_json("link_amount", "no JSON");
    let written = body(CheckoutOptions::new().with_extension(other));
    assert_eq!(written, body(CheckoutOptions::new()));
}

#[test]
fn options_are_part_of_the_fingerprint() {
    let print = |options| {
        let read: Value = serde_json::from_str(&body(options)).unwrap();
        read["link_notes"]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let plain = print(CheckoutOptions::new());
    for options in [
        CheckoutOptions::new().with_reminders(),
        CheckoutOptions::new().with_methods([PaymentMethod::Upi]),
        CheckoutOptions::new().with_note("a", "b"),
        CheckoutOptions::new().with_extension(LinkOptions::new().with_upi_intent(false)),
    ] {
        assert_ne!(print(options), plain);
    }
}
