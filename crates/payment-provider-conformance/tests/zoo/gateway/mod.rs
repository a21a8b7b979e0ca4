//! The gateway of Acorn Pay, by its documentation: what it answers, what it tells, how it signs.

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
    Account, Delivery, Gateway, News, NotStaged, Refusal, Staged, Stamp, Twist, WireAmount,
};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{CheckoutReference, Money, PaymentId};
use serde_json::json;
use state::{Outcome, State};
use url::Url;

use crate::flaw::Flavour;
use crate::subject::{api_key, api_secret};

/// One account at the gateway.
pub(crate) struct AcornGateway {
    key: String,
    secret: String,
    flavour: Flavour,
    state: Mutex<State>,
}

impl AcornGateway {
    pub(crate) fn new(account: &Account, flavour: Flavour) -> Self {
        Self {
            key: api_key(account),
            secret: api_secret(account),
            flavour,
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
    ) -> Staged<PaymentId> {
        let mut state = self.lock();
        if self.flavour == Flavour::Local {
            // The bank knows of a checkout when money comes for it.
            state.make(reference.as_str(), amount);
        }
        let id = state.attempt(reference.as_str(), amount, outcome);
        let id = id.ok_or_else(|| NotStaged::new("a payment of a checkout that nobody made"))?;
        PaymentId::new(id).map_err(|error| NotStaged::new(error.to_string()))
    }
}

#[async_trait]
impl Gateway for AcornGateway {
    async fn answer(&self, request: RecordedRequest) -> Response<Bytes> {
        let mut response = self.route(&request);
        let headers = response.headers_mut();
        headers.insert("acorn-request-id", HeaderValue::from_static("rq_0042"));
        response
    }

    fn refuse(&self, refusal: &Refusal) -> Staged<Response<Bytes>> {
        let (status, code, field) = match refusal {
            Refusal::TooMany(_) => (429, "too_many_calls", None),
            Refusal::Unavailable => (503, "out_of_order", None),
            Refusal::Unacceptable => (422, "field_not_accepted", Some("purpose")),
            Refusal::Credentials => (401, "who_are_you", None),
            _ => return Err(NotStaged::new("a refusal of a kind that is new")),
        };
        let mut response = routes::refusal(status, code, field);
        if let Refusal::TooMany(wait) = refusal {
            let headers = response.headers_mut();
            headers.insert("retry-after", HeaderValue::from(wait.as_secs()));
        }
        Ok(response)
    }

    fn is_creation(&self, request: &RecordedRequest) -> Staged<bool> {
        let to_a_checkout = request.path().starts_with("/v1/checkouts/");
        let to_cancel = request.path().ends_with("/cancel");
        Ok(request.method == "POST" && to_a_checkout && !to_cancel)
    }

    fn asked_amount(&self, creation: &RecordedRequest) -> Staged<WireAmount> {
        let text = creation.json_text("/amount");
        let text = text.ok_or_else(|| NotStaged::new("a creation without an amount"))?;
        let text = text.trim_matches('"').to_owned();
        Ok(match self.flavour {
            Flavour::Rich => WireAmount::Major(text),
            Flavour::Plain | Flavour::Local => WireAmount::Minor(text),
        })
    }

    fn varying_headers(&self) -> &'static [&'static str] {
        &["acorn-try"]
    }

    async fn count(&self, reference: &CheckoutReference) -> Staged<usize> {
        Ok(self.lock().count(reference.as_str()))
    }

    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        self.attempt(reference, amount, Outcome::Captured)
    }

    async fn fail(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        self.attempt(reference, amount, Outcome::Declined)
    }

    async fn expire(&self, reference: &CheckoutReference) -> Staged<()> {
        self.lock().change(reference.as_str(), |checkout| {
            checkout.lapsed = true;
        })
    }

    async fn twist(&self, reference: &CheckoutReference, twist: &Twist) -> Staged<()> {
        self.lock()
            .change(reference.as_str(), |checkout| match twist {
                Twist::UnknownStatus(word) => checkout.odd_status = Some(word.clone()),
                Twist::PaidOnly(amount) => checkout.paid_only = Some(*amount),
                Twist::RefuseCancellation => checkout.stubborn = true,
                Twist::Hidden(lookups) => checkout.hidden = *lookups,
                _ => {}
            })
    }

    async fn tell(&self, news: &News) -> Staged<Vec<Delivery>> {
        self.deliveries(news)
    }

    fn sign(&self, body: &[u8], secret: &SecretString, sent_at: &Stamp) -> Staged<HeaderMap> {
        Ok(deliveries::sign(self.flavour, body, secret, sent_at))
    }

    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> Staged<Url> {
        let state = self.lock();
        let attempt = state.payment(payment.as_str());
        let attempt = attempt.ok_or_else(|| NotStaged::new("a payment that nobody made"))?;
        deliveries::way_back(&attempt.reference, payment.as_str(), secret)
    }
}

/// An answer of this status and document.
fn document(status: u16, document: &serde_json::Value) -> Response<Bytes> {
    json(status, document.to_string())
}

/// The account itself, as it is told.
fn account() -> serde_json::Value {
    json!({"account": "acc_1", "mode": "test"})
}
