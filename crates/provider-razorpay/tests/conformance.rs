//! The conformance kit, run against the in-memory Razorpay.

mod fake;

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fake::{Fake, hmac_hex, return_url};
use http::{HeaderMap, HeaderValue, Request, Response};
use payment_provider_conformance::wire::{RecordedRequest, json};
use payment_provider_conformance::{
    Anomaly, DeliveryTimestamp, GatewayModel, GatewayRefusal, MerchantAccount, ModelResult,
    NotImplemented, ProviderUnderTest, Scenario, UnsignedDelivery, WireAmount,
};
use payment_provider_core::{
    CheckoutReference, Clock, ConnectionSettings, Money, PaymentId, ProviderFactory, RefundId,
};
use provider_razorpay::{RazorpayConfig, RazorpayFactory};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

const KEY_ID: &str = "rzp_test_Conformance001";

fn main() -> ExitCode {
    payment_provider_conformance::run(|| Razorpay)
}

struct Razorpay;

/// Derives the key secret from a webhook secret, since the two are never equal.
fn key_secret(secret: &SecretString) -> String {
    format!("key{}", secret.expose_secret())
}

fn key_id(account: &MerchantAccount) -> String {
    format!("{}{:04}", &KEY_ID[..19], account.number)
}

impl ProviderUnderTest for Razorpay {
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory> {
        let config = RazorpayConfig::new().with_clock(clock).with_loopback(true);
        Arc::new(RazorpayFactory::with_config(config).expect("a factory"))
    }

    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings {
        let keys: Vec<_> = account.secrets.iter().map(key_secret).collect();
        let keys: Vec<_> = keys.into_iter().map(SecretString::from).collect();
        ConnectionSettings::new()
            .with("key_id", key_id(account))
            .with("key_secret", keys)
            .with("webhook_secrets", account.secrets.clone())
            .with("environment", "sandbox")
            .with("base_url", address.join("v1").expect("an address").as_str())
    }

    fn makes_refunds(&self) -> bool {
        true
    }

    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel> {
        let now = clock.now().as_second();
        let fake = Fake::new(&key_id(account), &key_secret(account.secret()), now);
        Arc::new(InMemory { fake, clock })
    }
}

struct InMemory {
    fake: Fake,
    clock: Arc<dyn Clock>,
}

fn request(recorded: &RecordedRequest) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(recorded.method.as_str())
        .uri(&recorded.target);
    for (name, value) in &recorded.headers {
        request = request.header(name, value.as_ref());
    }
    request.body(recorded.body.clone()).expect("a request")
}

#[async_trait]
impl GatewayModel for InMemory {
    async fn respond(&self, recorded: RecordedRequest) -> Response<Bytes> {
        self.fake.state().now = self.clock.now().as_second();
        self.fake.answer(&request(&recorded))
    }

    fn refusal_response(&self, refusal: &GatewayRefusal) -> ModelResult<Response<Bytes>> {
        let error = |code: &str, text: &str| {
            format!(r#"{{"error":{{"code":"{code}","description":"{text}","metadata":[]}}}}"#)
        };
        let bad = "BAD_REQUEST_ERROR";
        Ok(match refusal {
            GatewayRefusal::RateLimited(wait) => {
                let mut answer = json(429, error(bad, "Too many requests"));
                let wait = HeaderValue::from(wait.as_secs());
                answer.headers_mut().insert("retry-after", wait);
                answer
            }
            GatewayRefusal::Unavailable => json(502, error("SERVER_ERROR", "try later")),
            GatewayRefusal::Rejected => json(400, error(bad, "extra fields sent.")),
            GatewayRefusal::Credentials => json(401, error(bad, "Authentication failed")),
            other => return Err(NotImplemented::new(format!("{other:?}"))),
        })
    }

    fn is_creation(&self, request: &RecordedRequest) -> ModelResult<bool> {
        Ok(request.method == "POST" && request.path() == "/v1/payment_links")
    }

    fn requested_amount(&self, creation: &RecordedRequest) -> ModelResult<WireAmount> {
        let amount = creation.json_text("/amount").expect("an amount");
        Ok(WireAmount::Minor(amount.to_owned()))
    }

    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        Ok(self.fake.count(reference.as_str()))
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        let id = self.fake.pay(reference.as_str(), amount.minor_units());
        Ok(id.parse().expect("an id"))
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        let id = self.fake.fail(reference.as_str(), amount.minor_units());
        Ok(id.parse().expect("an id"))
    }

    async fn refund(&self, payment: &PaymentId, amount: Money) -> ModelResult<RefundId> {
        let id = self.fake.refund(payment.as_str(), amount.minor_units());
        Ok(id.parse().expect("an id"))
    }

    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        self.fake.expire(reference.as_str());
        Ok(())
    }

    async fn set_anomaly(&self, _: &CheckoutReference, anomaly: &Anomaly) -> ModelResult<()> {
        match anomaly {
            Anomaly::UnknownStatus(status) => self
                .fake
                .configure(|behaviour| behaviour.status = Some(status.clone())),
            Anomaly::Underpaid(amount) => {
                let units = amount.minor_units();
                self.fake.configure(|behaviour| {
                    behaviour.status = Some("paid".to_owned());
                    behaviour.amount_paid = Some(units);
                });
            }
            Anomaly::CancellationRefused => self
                .fake
                .configure(|behaviour| behaviour.refuse_cancellation = true),
            Anomaly::HiddenFromLookups(lookups) => self
                .fake
                .configure(|behaviour| behaviour.empty_lists = *lookups),
            other => return Err(NotImplemented::new(format!("{other:?}"))),
        }
        Ok(())
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        let id = match scenario {
            Scenario::Paid(id) | Scenario::Failed(id) => id,
            Scenario::UnknownType => {
                let body = r#"{"entity":"event","event":"payment_link.sung","payload":{"payment_link":{"entity":{}}}}"#;
                return Ok(vec![UnsignedDelivery::new(body)]);
            }
            other => return Err(NotImplemented::new(format!("{other:?}"))),
        };
        let found = self.fake.deliveries_about(id.as_str());
        let deliveries = found.into_iter().map(|delivery| {
            UnsignedDelivery::new(delivery.body)
                .with_header("x-razorpay-event-id", &delivery.event_id)
        });
        // Only the link event reports money, so it comes first.
        let mut deliveries: Vec<_> = deliveries.collect();
        deliveries.reverse();
        Ok(deliveries)
    }

    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        _: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        let signature = hmac_hex(secret.expose_secret(), body);
        let signature = HeaderValue::from_str(&signature).expect("a header");
        let mut headers = HeaderMap::new();
        headers.insert("x-razorpay-signature", signature);
        Ok(headers)
    }

    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> ModelResult<Url> {
        Ok(return_url(
            &self.fake,
            payment.as_str(),
            &key_secret(secret),
        ))
    }
}
