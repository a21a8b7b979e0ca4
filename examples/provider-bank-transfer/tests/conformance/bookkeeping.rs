//! A bookkeeping as the README describes it: it sees transfers arrive, and posts callbacks.

use std::sync::Mutex;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_conformance::{Delivery, Gateway, News, NotStaged, Staged, Stamp};
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

    fn note(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        let mut transfers = self.transfers.lock().unwrap();
        let id = format!("T-{}-{}", self.account, transfers.len());
        let id = PaymentId::new(id).map_err(|error| NotStaged::new(error.to_string()))?;
        transfers.push(Transfer {
            id: id.clone(),
            reference: reference.clone(),
            amount,
        });
        Ok(id)
    }

    fn callback(&self, kind: &str, id: &PaymentId) -> Staged<Vec<Delivery>> {
        let transfers = self.transfers.lock().unwrap();
        let known = transfers.iter().find(|transfer| transfer.id == *id);
        let transfer = known.ok_or_else(|| NotStaged::new("a transfer that was not made"))?;
        let body = json!({
            "type": kind,
            "id": transfer.id.as_str(),
            "reference": transfer.reference.as_str(),
            "amount": transfer.amount.decimal().to_string(),
            "currency": transfer.amount.currency().code(),
        });
        Ok(vec![Delivery::new(body.to_string())])
    }
}

#[async_trait]
impl Gateway for Bookkeeping {
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        self.note(reference, amount)
    }

    async fn fail(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        self.note(reference, amount)
    }

    async fn tell(&self, news: &News) -> Staged<Vec<Delivery>> {
        match news {
            News::Paid(id) => self.callback("transfer.received", id),
            News::Failed(id) => self.callback("transfer.failed", id),
            News::UnknownType => {
                let body = r#"{"type":"transfer.delayed","id":"T-9","reference":"kit-delayed"}"#;
                Ok(vec![Delivery::new(body)])
            }
            _ => Err(NotStaged::new("news of another kind")),
        }
    }

    fn sign(&self, body: &[u8], secret: &SecretString, _: &Stamp) -> Staged<HeaderMap> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .map_err(|_| NotStaged::new("a secret of this length"))?;
        mac.update(body);
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let value = HeaderValue::from_str(&signature)
            .map_err(|_| NotStaged::new("a signature in a header"))?;
        let mut headers = HeaderMap::new();
        headers.insert("x-callback-signature", value);
        Ok(headers)
    }
}
