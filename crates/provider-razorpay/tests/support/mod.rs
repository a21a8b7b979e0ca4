//! An account at the in-memory Razorpay, connected over HTTP with injectable failures.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

pub mod delivery;
pub mod log;
pub mod operations;
pub mod webhook;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use payment_provider_conformance::wire::{RecordedRequest, WireGateway};
use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, CheckoutRequest, Clock, ConnectionSettings,
    Currency, Customer, CustomerId, GatewayCheckoutId, Money, NextAction, PaymentProvider,
    PreparedCheckout, ProviderError, ProviderFactory,
};
use provider_razorpay::{RazorpayConfig, RazorpayFactory, RetryTuning};

use crate::fake::Fake;

pub const KEY_ID: &str = "rzp_test_AbCdEf01234567";
pub const KEY_SECRET: &str = "EnLs21M47BllR3X8PSFtjtbd";
pub const WEBHOOK_SECRET: &str = "rzp-webhook-secret";
// 2026-01-15T10:00:00Z
pub const NOW: Timestamp = Timestamp::constant(1_768_471_200, 0);
pub const REFERENCE: &str = "inv-1";

/// A clock with a fixed time.
#[derive(Debug)]
pub struct Fixed(pub Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The in-memory Razorpay, its server, and a provider connected to it.
pub struct Stage {
    pub fake: Fake,
    pub gateway: WireGateway,
    pub provider: Arc<dyn PaymentProvider>,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(config(), |settings| settings).await
    }

    pub async fn with(
        config: RazorpayConfig,
        change: impl FnOnce(ConnectionSettings) -> ConnectionSettings,
    ) -> Self {
        let fake = Fake::new(KEY_ID, KEY_SECRET, NOW.as_second());
        let gateway = serve(&fake).await;
        let provider = connect_with(config, &change(settings(&base_url(&gateway))));
        Self {
            fake,
            gateway,
            provider,
        }
    }

    /// Creates the checkout of [`request`].
    pub async fn make(&self) -> Checkout {
        let prepared = prepared(&self.provider);
        let created = self.provider.create_checkout(&prepared).await;
        created.unwrap().into_checkout()
    }

    /// Creates the checkout of [`request`] with partial payments.
    pub async fn make_partial(&self) -> Checkout {
        let request =
            request().with_partial_payments(payment_provider_core::PartialPayments::any());
        let prepared = self.provider.prepare_checkout(&request).unwrap();
        let created = self.provider.create_checkout(&prepared).await;
        created.unwrap().into_checkout()
    }

    /// Returns method and target of all requests, without generated ids.
    pub fn lines(&self) -> Vec<String> {
        let requests = self.gateway.requests();
        requests.iter().map(line).collect()
    }

    /// Returns the number of requests that create a link.
    pub fn creations(&self) -> usize {
        let creation = |line: &&String| *line == "POST /payment_links";
        self.lines().iter().filter(creation).count()
    }
}

fn line(request: &RecordedRequest) -> String {
    let target = request.target.trim_start_matches("/v1");
    let mut shown = String::new();
    for part in target.split_inclusive(['/', '?']) {
        let known = ["plink_Fake", "order_Fake", "pay_Fake"];
        match known.iter().find(|prefix| part.starts_with(*prefix)) {
            Some(prefix) => {
                shown.push_str(prefix.trim_end_matches("_Fake"));
                shown.push_str(part.get(prefix.len() + 10..).unwrap_or_default());
            }
            None => shown.push_str(part),
        }
    }
    format!("{} {shown}", request.method)
}

pub const LOOKUP: &str = "GET /payment_links?reference_id=inv-1&count=100";
pub const CREATION: &str = "POST /payment_links";

/// Starts a server for this gateway.
pub async fn serve(fake: &Fake) -> WireGateway {
    let fake = fake.clone();
    let answers = move |recorded: RecordedRequest| {
        let answer = fake.answer(&as_request(&recorded));
        async move { answer }
    };
    WireGateway::start(answers).await.unwrap()
}

pub fn as_request(recorded: &RecordedRequest) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(recorded.method.as_str())
        .uri(&recorded.target);
    for (name, value) in &recorded.headers {
        request = request.header(name, value.as_ref());
    }
    request.body(recorded.body.clone()).unwrap()
}

pub fn base_url(gateway: &WireGateway) -> String {
    gateway.address().join("v1").unwrap().into()
}

pub fn config() -> RazorpayConfig {
    RazorpayConfig::new()
        .with_loopback(true)
        .with_clock(Arc::new(Fixed(NOW)))
        .with_connect_timeout(Duration::from_secs(5))
        .with_request_timeout(Duration::from_secs(10))
        .with_operation_deadline(Duration::from_mins(1))
        .with_retry(RetryTuning::new().with_max_attempts(3))
}

pub fn settings(base_url: &str) -> ConnectionSettings {
    ConnectionSettings::new()
        .with("key_id", KEY_ID)
        .with("key_secret", KEY_SECRET)
        .with("webhook_secrets", WEBHOOK_SECRET)
        .with("environment", "sandbox")
        .with("base_url", base_url)
}

pub fn connect_with(
    config: RazorpayConfig,
    settings: &ConnectionSettings,
) -> Arc<dyn PaymentProvider> {
    let factory = RazorpayFactory::with_config(config).unwrap();
    factory.connect(settings).unwrap()
}

/// Returns a shared provider that makes no calls, because creating one takes milliseconds.
pub fn offline() -> Arc<dyn PaymentProvider> {
    static PROVIDER: OnceLock<Arc<dyn PaymentProvider>> = OnceLock::new();
    let provider =
        PROVIDER.get_or_init(|| connect_with(config(), &settings("http://127.0.0.1:9/v1")));
    Arc::clone(provider)
}

pub fn inr(paise: i64) -> Money {
    Money::from_minor_units(paise, Currency::INR)
}

pub fn reference() -> CheckoutReference {
    CheckoutReference::new(REFERENCE).unwrap()
}

/// A locator with the reference alone.
pub fn locator() -> CheckoutLocator {
    reference().into()
}

/// A locator that also has this gateway id.
pub fn known(id: &str) -> CheckoutLocator {
    CheckoutLocator::new(reference(), Some(GatewayCheckoutId::new(id).unwrap()))
}

pub fn customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap()).with_phone("+91 90000 90000")
}

pub fn request() -> CheckoutRequest {
    let expires_at = "2026-01-16T10:00:00Z".parse().unwrap();
    CheckoutRequest::new(
        reference(),
        inr(20_012),
        "Invoice 1",
        customer(),
        expires_at,
    )
}

pub fn prepared(provider: &Arc<dyn PaymentProvider>) -> PreparedCheckout {
    provider.prepare_checkout(&request()).unwrap()
}

/// Returns the address of the payment page.
pub fn page(checkout: &Checkout) -> Option<String> {
    match &checkout.next_action {
        NextAction::Redirect(url) => Some(url.to_string()),
        _ => None,
    }
}

/// Returns the error of a result that must have failed.
pub fn error<T: std::fmt::Debug>(outcome: Result<T, ProviderError>) -> ProviderError {
    outcome.unwrap_err()
}
