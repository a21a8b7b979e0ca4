//! Runs all cases against the in-memory provider, and prints the report:
//! `cargo run -p payment-provider-conformance --example run_cases`.
//!
//! A provider author runs the same cases as a test target, with
//! `payment_provider_conformance::run` as its `main` function.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_conformance::fake::{FakeGateway, FakePayment};
use payment_provider_conformance::reexport::http::{HeaderMap, HeaderValue};
use payment_provider_conformance::reexport::jiff::Timestamp;
use payment_provider_conformance::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_conformance::reexport::url::Url;
use payment_provider_conformance::{
    ConformanceReport, DeliveryTimestamp, GatewayModel, MerchantAccount, ModelResult,
    NotImplemented, ProviderUnderTest, Scenario, Transport, UnsignedDelivery, check,
};
use payment_provider_core::{
    Capabilities, CheckoutReference, Clock, ConnectionSettings, Money, PaymentId, PaymentStatus,
    ProviderFactory,
};
use sha2::Sha256;

/// The in-memory provider without any capability, so that its model stays small.
#[derive(Default)]
struct InMemory(Mutex<Option<FakeGateway>>);

/// The kit's clock, in a form that the gateway can own.
#[derive(Debug)]
struct KitClock(Arc<dyn Clock>);

impl Clock for KitClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl InMemory {
    /// Returns the gateway, which is created with the first clock.
    fn fake(&self, clock: Arc<dyn Clock>) -> FakeGateway {
        let mut fake = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fake.get_or_insert_with(|| {
            FakeGateway::builder()
                .with_capabilities(Capabilities::default())
                .with_clock(KitClock(clock))
                .build()
        })
        .clone()
    }
}

fn account_name(account: &MerchantAccount) -> String {
    format!("account-{}", account.number)
}

impl ProviderUnderTest for InMemory {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        Arc::new(self.fake(clock).factory())
    }

    fn settings(&self, account: &MerchantAccount, _address: &Url) -> ConnectionSettings {
        ConnectionSettings::new()
            .with("account", account_name(account))
            .with("secrets", account.secrets.clone())
    }

    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        Arc::new(Model {
            fake: self.fake(clock),
            account: account_name(account),
            payments: Mutex::default(),
        })
    }

    fn transport(&self) -> Transport {
        Transport::InProcess
    }
}

/// The gateway's side for one account: the payer, and the webhook deliveries.
struct Model {
    fake: FakeGateway,
    account: String,
    payments: Mutex<Vec<FakePayment>>,
}

impl Model {
    fn attempt(
        &self,
        reference: &CheckoutReference,
        amount: Money,
        status: PaymentStatus,
    ) -> PaymentId {
        let checkout = self.fake.account(&self.account).checkout(reference);
        let payment = checkout.attempt_payment(amount, status);
        let id = payment.id().clone();
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        payments.push(payment);
        id
    }
}

#[async_trait]
impl GatewayModel for Model {
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        Ok(self.attempt(reference, amount, PaymentStatus::Succeeded))
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        Ok(self.attempt(reference, amount, PaymentStatus::Failed))
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        let deliveries = match scenario {
            Scenario::Paid(id) | Scenario::Failed(id) => {
                let payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
                let payment = payments.iter().find(|payment| payment.id() == id);
                let unknown = || NotImplemented::new("an unknown payment");
                payment.ok_or_else(unknown)?.deliveries()
            }
            _ => vec![self.fake.account(&self.account).ping().with_unknown_type()],
        };
        let bodies = deliveries.iter().map(|delivery| delivery.request().body);
        Ok(bodies.map(UnsignedDelivery::new).collect())
    }

    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        _: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        let invalid = |_| NotImplemented::new("a secret of this length");
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(invalid)?;
        mac.update(b"delivery::");
        mac.update(body);
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let value = HeaderValue::from_str(&signature)
            .map_err(|error| NotImplemented::new(error.to_string()))?;
        Ok(HeaderMap::from_iter([(
            payment_provider_conformance::reexport::http::HeaderName::from_static(
                "x-fake-signature",
            ),
            value,
        )]))
    }
}

fn report() -> ConformanceReport {
    check(InMemory::default)
}

fn main() {
    println!("{}", report());
}

#[cfg(test)]
#[test]
fn every_applicable_case_passes() {
    main();
    let report = report();
    assert!(report.passed(), "{report}");
    assert!(report.passes() > 40, "{report}");
}
