//! A bookkeeping as the README describes it: it sees transfers arrive, and posts callbacks.

use std::sync::Mutex;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_conformance::{
    DeliveryTimestamp, GatewayModel, ModelResult, NotImplemented, Scenario, UnsignedDelivery,
};
use payment_provider_core::reexport::async_trait;
use payment_provider_core::reexport::http::{HeaderMap, HeaderValue};
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::{CheckoutReference, Money, PaymentId};
use serde_json::json;
use sha2::Sha256;

/// The transfers that one merchant's account has seen.
pub(crate) struct Bookkeeping {
    account: u32,
    transfers: Mutex<Vec<Transfer>>,
}

struct Transfer {
    id: PaymentId,
    reference: CheckoutReference,
    amount: Money,
}

impl Bookkeeping {
    pub(crate) fn of(account: u32) -> Self {
        Self {
            account,
            transfers: Mutex::default(),
        }
    }

    fn note(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        let mut transfers = self.transfers.lock().unwrap();
        let id = format!("T-{}-{}", self.account, transfers.len());
        let id = PaymentId::new(id).map_err(|error| NotImplemented::new(error.to_string()))?;
        transfers.push(Transfer {
            id: id.clone(),
            reference: reference.clone(),
            amount,
        });
        Ok(id)
    }

    fn callback(&self, kind: &str, id: &PaymentId) -> ModelResult<Vec<UnsignedDelivery>> {
        let transfers = self.transfers.lock().unwrap();
        let known = transfers.iter().find(|transfer| transfer.id == *id);
        let transfer = known.ok_or_else(|| NotImplemented::new("a transfer that was not made"))?;
        let body = json!({
            "type": kind,
            "id": transfer.id.as_str(),
            "reference": transfer.reference.as_str(),
            "amount": transfer.amount.decimal().to_string(),
            "currency": transfer.amount.currency().code(),
        });
        Ok(vec![UnsignedDelivery::new(body.to_string())])
    }
}

#[async_trait]
impl GatewayModel for Bookkeeping {
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        self.note(reference, amount)
    }

    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        self.note(reference, amount)
    }

    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        match scenario {
            Scenario::Paid(id) => self.callback("transfer.received", id),
            Scenario::Failed(id) => self.callback("transfer.failed", id),
            Scenario::UnknownType => {
                let body = r#"{"type":"transfer.delayed","id":"T-9","reference":"kit-delayed"}"#;
                Ok(vec![UnsignedDelivery::new(body)])
            }
            _ => Err(NotImplemented::new("another kind of scenario")),
        }
    }

    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        _: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .map_err(|_| NotImplemented::new("a secret of this length"))?;
        mac.update(body);
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let value = HeaderValue::from_str(&signature)
            .map_err(|_| NotImplemented::new("a signature in a header"))?;
        let mut headers = HeaderMap::new();
        headers.insert("x-callback-signature", value);
        Ok(headers)
    }
}
