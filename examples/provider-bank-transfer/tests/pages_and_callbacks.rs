//! The parts specific to bank transfer: the address of the page and the meaning of each callback.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use payment_provider_core::reexport::http::{HeaderMap, HeaderValue};
use payment_provider_core::*;
use provider_bank_transfer::BankTransferFactory;

const SECRET: &str = "sixteen-or-more!";
// 2026-11-21T12:00:00Z
const NOON: Timestamp = Timestamp::constant(1_795_262_400, 0);
// 2026-11-22T12:00:00Z
const TOMORROW: Timestamp = Timestamp::constant(1_795_348_800, 0);

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        NOON
    }
}

fn connect(
    page: &str,
    secret: &str,
    environment: &str,
) -> Result<Arc<dyn PaymentProvider>, String> {
    let factory = BankTransferFactory::new()
        .unwrap()
        .with_clock(Arc::new(Noon));
    let settings = ConnectionSettings::new()
        .with("instructions_url", page)
        .with("callback_secret", secret)
        .with("environment", environment);
    factory
        .connect(&settings)
        .map_err(|violations| violations.to_string())
}

fn provider() -> Arc<dyn PaymentProvider> {
    connect("https://shop.example/pay?lang=en", SECRET, "production").unwrap()
}

fn request(amount: Money, expires_at: Timestamp) -> CheckoutRequest {
    let reference = CheckoutReference::new("pay-1").unwrap();
    let customer = Customer::new(CustomerId::new("c").unwrap());
    CheckoutRequest::new(reference, amount, "Invoice", customer, expires_at)
}

async fn stated(body: &str) -> Event {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-callback-signature",
        HeaderValue::from_str(&signature).unwrap(),
    );
    let url = "https://host.example/webhooks".parse().unwrap();
    let request = WebhookRequest::post(url, headers, body.to_owned(), NOON);
    let verified = provider().handle_webhook(&request).await.unwrap();
    verified.events()[0].clone()
}

/// Runs what never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn the_page_is_opened_with_all_that_a_payer_has_to_know() {
    // It ends at 20:00 of the 22nd in UTC, so that the last whole day is the one before.
    let ends = "2026-11-23T01:30:00+05:30".parse().unwrap();
    for (amount, shown) in [
        (
            Money::from_minor_units(20_012, Currency::INR),
            "amount=200.12&currency=INR",
        ),
        (
            Money::from_minor_units(295, Currency::JPY),
            "amount=295&currency=JPY",
        ),
        (
            Money::from_minor_units(1_005, Currency::KWD),
            "amount=1.005&currency=KWD",
        ),
    ] {
        let prepared = provider().prepare_checkout(&request(amount, ends)).unwrap();
        let made = now(provider().create_checkout(&prepared))
            .unwrap()
            .into_checkout();
        let NextAction::Redirect(page) = made.next_action else {
            panic!("nothing to do");
        };
        let expected =
            format!("https://shop.example/pay?lang=en&reference=pay-1&{shown}&last_day=2026-11-21");
        assert_eq!(page.as_str(), expected);
    }
}

#[test]
fn what_was_prepared_before_the_settings_changed_leads_to_the_page_of_then() {
    let amount = Money::from_minor_units(20_012, Currency::INR);
    let before = provider()
        .prepare_checkout(&request(amount, TOMORROW))
        .unwrap();
    let now_elsewhere = connect("https://new.example/", SECRET, "production").unwrap();
    let made = now(now_elsewhere.create_checkout(&before))
        .unwrap()
        .into_checkout();
    let NextAction::Redirect(page) = made.next_action else {
        panic!("nothing to do");
    };
    assert_eq!(page.host_str(), Some("shop.example"));
}

#[test]
fn a_body_that_is_no_address_is_refused() {
    let amount = Money::from_minor_units(20_012, Currency::INR);
    let mut prepared = provider()
        .prepare_checkout(&request(amount, TOMORROW))
        .unwrap();
    prepared.body = "nowhere".into();
    let error = now(provider().create_checkout(&prepared)).unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ProviderErrorKind::InvalidRequest, Effect::NotSent)
    );
}

#[test]
fn pages_without_tls_and_short_secrets_are_refused_together() {
    assert_eq!(
        connect("http://127.0.0.1:3000/", "fifteen-letters", "production").unwrap_err(),
        "callback_secret: must be at least 16 characters; instructions_url: must be https; http is \
         accepted only to this machine and only in sandbox"
    );
    assert!(connect("http://127.0.0.1:3000/", SECRET, "sandbox").is_ok());
}

#[test]
fn each_type_means_what_it_says() {
    let event = |kind: &str| {
        now(stated(&format!(
            r#"{{"type":"{kind}","id":"T-1","reference":"pay-1","amount":"200.12","currency":"INR"}}"#
        )))
    };
    let amount = Money::from_minor_units(20_012, Currency::INR);
    let id = PaymentId::new("T-1").unwrap();
    for (kind, status) in [
        ("transfer.received", PaymentStatus::Succeeded),
        ("transfer.failed", PaymentStatus::Failed),
    ] {
        let payment = Payment::new(id.clone(), status, amount);
        assert_eq!(event(kind).kind, EventKind::Payment(payment));
    }
    let returned = event("transfer.returned");
    let EventKind::Refund(refund) = returned.kind else {
        panic!("{:?}", returned.kind);
    };
    assert_eq!((refund.payment_id, refund.amount), (Some(id), amount));
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(returned.target.reference.unwrap().as_str(), "pay-1");
}

const WHOLE: &str = r#"{"type":"transfer.received","id":"T-1","reference":"pay-1","amount":"200.12","currency":"INR"}"#;

/// Replaces a part of a callback; the event keeps the checkout that it names.
fn changed(whole: &str, a: &str, b: &str) -> EventKind {
    assert!(whole.contains(a), "{a}");
    let event = now(stated(&whole.replace(a, b)));
    let named = event.target.reference.unwrap();
    assert_eq!(named.as_str(), "pay-1", "{a} -> {b}");
    event.kind
}

#[test]
fn money_without_a_readable_amount_is_claimed_by_its_id() {
    let returned = WHOLE.replace("received", "returned");
    let failed = WHOLE.replace("received", "failed");
    let payment = PaymentId::new("T-1").unwrap();
    let claim = PaymentClaim::of_payment(payment.clone());
    let refund = RefundClaim::of_refund(RefundId::new("T-1").unwrap());
    let refund = refund.with_payment_id(Some(payment));
    for (a, b) in [
        (r#""200.12""#, "200.12"),
        (r#""200.12""#, r#""200.125""#),
        (r#""200.12""#, r#""200,12""#),
        (r#""200.12""#, r#""2e2""#),
        (r#""200.12""#, r#""0""#),
        (r#""200.12""#, r#""-200.12""#),
        (r#""200.12""#, r#""99999999999999999999""#),
        ("INR", "XXZ"),
    ] {
        let claimed = EventKind::PaymentClaimed(claim.clone());
        assert_eq!(changed(WHOLE, a, b), claimed, "{a} -> {b}");
        let claimed = EventKind::RefundClaimed(refund.clone());
        assert_eq!(changed(&returned, a, b), claimed, "{a} -> {b}");
        let kind = changed(&failed, a, b);
        let kept = matches!(kind, EventKind::Unreadable { .. });
        assert!(kept, "{a} -> {b}: {kind:?}");
    }
}

#[test]
fn what_cannot_be_read_is_kept_with_the_checkout_that_it_names() {
    for (a, b) in [
        (r#""T-1""#, r#""""#),
        (r#""T-1""#, "1"),
        (r#""transfer.received""#, r#""""#),
        (r#""transfer.received""#, "null"),
    ] {
        let kind = changed(WHOLE, a, b);
        let kept = matches!(kind, EventKind::Unreadable { .. });
        assert!(kept, "{a} -> {b}: {kind:?}");
    }
    for body in ["", "[]", r#"{"reference":"no reference"}"#] {
        let event = now(stated(body));
        assert!(event.target.is_none(), "{body}");
        let kept = matches!(event.kind, EventKind::Unreadable { .. });
        assert!(kept, "{body}: {:?}", event.kind);
    }
}

#[test]
fn a_type_that_is_not_known_is_unrecognised() {
    let kind = changed(WHOLE, "transfer.received", "transfer.seen");
    let kept = matches!(kind, EventKind::Unrecognised { .. });
    assert!(kept, "{kind:?}");
}
