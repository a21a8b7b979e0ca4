//! The gateway of Acme Pay, written from its documentation.

mod deliveries;
mod render;
mod routes;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use payment_provider_conformance::wire::{RecordedRequest, json};
use payment_provider_conformance::{
    Anomaly, DeliveryTimestamp, GatewayModel, GatewayRefusal, MerchantAccount, ModelResult,
    NotImplemented, Scenario, UnsignedDelivery, WireAmount,
};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{CheckoutReference, Money, PaymentId, RefundId};
use serde_json::json;
use state::{Outcome, State};
use url::Url;

use crate::credentials::{api_key, api_secret};
use crate::flaw::FeatureSet;

/// One merchant account at the gateway.
pub(crate) struct AcmeGateway {
    key: String,
    secret: String,
    features: FeatureSet,
    state: Mutex<State>,
}

impl AcmeGateway {
    pub(crate) fn new(account: &MerchantAccount, features: FeatureSet) -> Self {
        Self {
            key: api_key(account),
            secret: api_secret(account),
            features,
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(
        &self,
        reference: &CheckoutReference,
        amount: Money,
        outcome: Outcome,
    ) -> ModelResult<PaymentId> {
        let mut state = self.lock();
        if self.features == FeatureSet::InProcess {
            // The bank learns of a checkout when money arrives for it.
            state.make(reference.as_str(), amount);
        }
        let id = state.attempt(reference.as_str(), amount, outcome);
        let id = id.ok_or_else(|| NotImplemented::new("a payment of an unknown checkout"))?;
        PaymentId::new(id).map_err(|error| NotImplemented::new(error.to_string()))
    }
}

#[async_trait]
impl GatewayModel for AcmeGateway {
    async fn respond(&self, request: RecordedRequest) -> Response<Bytes> {
        let mut response = self.route(&request);
        let headers = response.headers_mut();
        headers.insert("acme-request-id", HeaderValue::from_static("rq_0042"));
        response
    }

    fn refusal_response(&self, refusal: &GatewayRefusal) -> ModelResult<Response<Bytes>> {
        let (status, code, field) = match refusal {
            GatewayRefusal::RateLimited(_) => (429, "rate_limited", None),
            GatewayRefusal::Unavailable => (503, "unavailable", None),
            GatewayRefusal::Rejected => (422, "field_not_accepted", Some("purpose")),
            GatewayRefusal::Credentials => (401, "unauthorized", None),
            _ => return Err(NotImplemented::new("a new kind of refusal")),
        };
        let mut response = routes::refusal(status, code, field);
        if let GatewayRefusal::RateLimited(wait) = refusal {
            let headers = response.headers_mut();
            headers.insert("retry-after", HeaderValue::from(wait.as_secs()));
        }
        Ok(response)
    }

    fn is_creation(&self, request: &RecordedRequest) -> ModelResult<bool> {
        let to_a_checkout = request.path().starts_with("/v1/checkouts/");
        let to_cancel = request.path().ends_with("/cancel");
        Ok(request.method == "POST" && to_a_checkout && !to_cancel)
    }

    fn requested_amount(&self, creation: &RecordedRequest) -> ModelResult<WireAmount> {
        let text = creation.json_text("/amount");
        let text = text.ok_or_else(|| NotImplemented::new("a creation without an amount"))?;
        let text = text.trim_matches('"').to_owned();
        Ok(match self.features {
            FeatureSet::Full => WireAmount::Major(text),
            FeatureSet::Minimal | FeatureSet::InProcess => WireAmount::Minor(text),
        })
    }

    fn varying_headers(&self) -> &'static [&'static str] {
        &["acme-try"]
    }

    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        Ok(self.lock().count(reference.as_str()))
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        self.attempt(reference, amount, Outcome::Captured)
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        self.attempt(reference, amount, Outcome::Declined)
    }

    async fn refund(&self, payment: &PaymentId, amount: Money) -> ModelResult<RefundId> {
        let id = self.lock().refund(payment.as_str(), amount);
        RefundId::new(id).map_err(|error| NotImplemented::new(error.to_string()))
    }

    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        self.lock().change(reference.as_str(), |checkout| {
            checkout.lapsed = true;
        })
    }

    async fn set_anomaly(
        &self,
        reference: &CheckoutReference,
        anomaly: &Anomaly,
    ) -> ModelResult<()> {
        self.lock()
            .change(reference.as_str(), |checkout| match anomaly {
                Anomaly::UnknownStatus(status) => checkout.unknown_status = Some(status.clone()),
                Anomaly::Underpaid(amount) => checkout.underpaid = Some(*amount),
                Anomaly::CancellationRefused => checkout.refuses_cancellation = true,
                Anomaly::HiddenFromLookups(lookups) => checkout.hidden_lookups = *lookups,
                _ => {}
            })
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        self.deliveries_for(scenario)
    }

    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        sent_at: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        Ok(deliveries::sign(self.features, body, secret, sent_at))
    }

    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> ModelResult<Url> {
        let state = self.lock();
        let attempt = state.payment(payment.as_str());
        let attempt = attempt.ok_or_else(|| NotImplemented::new("an unknown payment"))?;
        deliveries::return_url(&attempt.reference, payment.as_str(), secret)
    }
}

/// Creates a response with this status and document.
fn document(status: u16, document: &serde_json::Value) -> Response<Bytes> {
    json(status, document.to_string())
}

/// Returns the account's own data.
fn account() -> serde_json::Value {
    json!({"account": "acc_1", "mode": "test"})
}
