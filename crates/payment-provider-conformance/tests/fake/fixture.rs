//! A gateway with its own clock and one connected account.

use jiff::{SignedDuration, Timestamp};
use payment_provider_conformance::fake::{
    FakeCheckout, FakeClock, FakeGateway, FakeGatewayBuilder, FakeProvider,
};
use payment_provider_core::*;

pub(crate) struct Fixture {
    pub(crate) gateway: FakeGateway,
    pub(crate) clock: FakeClock,
    pub(crate) provider: FakeProvider,
}

pub(crate) fn inr(amount: &str) -> Money {
    Money::from_decimal(amount, Currency::INR).unwrap()
}

pub(crate) fn locator(reference: &str) -> CheckoutLocator {
    CheckoutReference::new(reference).unwrap().into()
}

pub(crate) fn request(reference: &str, expires_at: Timestamp) -> CheckoutRequest {
    CheckoutRequest::new(
        CheckoutReference::new(reference).unwrap(),
        inr("200.12"),
        "Invoice",
        Customer::new(CustomerId::new("customer-7").unwrap()),
        expires_at,
    )
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(build: impl FnOnce(FakeGatewayBuilder) -> FakeGatewayBuilder) -> Self {
        let clock = FakeClock::default();
        let gateway = build(FakeGateway::builder().with_clock(clock.clone())).build();
        let provider = gateway.connect("main");
        Self {
            gateway,
            clock,
            provider,
        }
    }

    /// Creates a gateway that lacks capabilities.
    pub(crate) fn without(take: impl FnOnce(&mut Capabilities)) -> Self {
        Self::with(|builder| builder.with_changed_capabilities(take))
    }

    pub(crate) fn in_an_hour(&self) -> Timestamp {
        self.clock.now() + SignedDuration::from_hours(1)
    }

    pub(crate) fn request(&self, reference: &str) -> CheckoutRequest {
        request(reference, self.in_an_hour())
    }

    pub(crate) fn prepared(&self, reference: &str) -> PreparedCheckout {
        self.provider
            .prepare_checkout(&self.request(reference))
            .unwrap()
    }

    pub(crate) async fn create(&self, reference: &str) -> Result<CreatedCheckout, ProviderError> {
        self.provider
            .create_checkout(&self.prepared(reference))
            .await
    }

    /// Creates a checkout for INR 200.12.
    pub(crate) async fn checkout(&self, reference: &str) -> FakeCheckout {
        self.create(reference).await.unwrap();
        self.gateway.checkout(reference)
    }

    pub(crate) async fn fetch(&self, reference: &str) -> Checkout {
        self.provider
            .fetch_checkout(&locator(reference))
            .await
            .unwrap()
    }

    pub(crate) async fn list(&self, reference: &str) -> Vec<Payment> {
        self.provider
            .list_payments(&locator(reference))
            .await
            .unwrap()
    }

    pub(crate) async fn cancel(&self, reference: &str) -> Cancellation {
        self.provider
            .cancel_checkout(&locator(reference))
            .await
            .unwrap()
    }

    pub(crate) async fn handle(&self, request: &WebhookRequest) -> VerifiedWebhook {
        self.provider.handle_webhook(request).await.unwrap()
    }
}
