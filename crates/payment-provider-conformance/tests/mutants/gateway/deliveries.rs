//! Webhook deliveries and their signatures.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_conformance::{
    DeliveryTimestamp, ModelResult, NotImplemented, Scenario, UnsignedDelivery,
};
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::state::State;
use super::{AcmeGateway, render};
use crate::flaw::FeatureSet;

const AT: &str = "2026-11-21T08:59:58Z";

impl AcmeGateway {
    pub(super) fn deliveries_for(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        let state = self.lock();
        let bodies = match scenario {
            Scenario::Paid(id) => self.bodies_for(&state, id.as_str(), "captured")?,
            Scenario::Failed(id) => self.bodies_for(&state, id.as_str(), "declined")?,
            Scenario::UnknownType => {
                vec![
                    json!({"version": 2, "type": "invoice.archived", "at": AT, "invoice": {"id": "inv_1"}}),
                ]
            }
            _ => return Err(NotImplemented::new("a new kind of scenario")),
        };
        Ok(bodies.iter().enumerate().map(unsigned).collect())
    }

    /// The payment in the first payload version, in the second, and as a part of its checkout.
    fn bodies_for(&self, state: &State, id: &str, state_name: &str) -> ModelResult<Vec<Value>> {
        let none = || NotImplemented::new("an unknown payment");
        let attempt = state.payment(id).ok_or_else(none)?;
        let checkout = state.find(&attempt.reference).ok_or_else(none)?;
        let payment = render::payment(self.features, attempt);
        let mut first = payment.clone();
        first["version"] = 1.into();
        first["type"] = format!("payment.{state_name}").into();
        first["at"] = AT.into();
        let second = json!({
            "version": 2, "type": format!("payment.{state_name}"), "at": AT, "payment": payment,
        });
        let third = json!({
            "version": 2, "type": format!("checkout.{state_name}"), "at": AT, "payment": payment,
            "checkout": render::checkout(self.features, state, checkout),
        });
        Ok(vec![first, second, third])
    }
}

fn unsigned((number, body): (usize, &Value)) -> UnsignedDelivery {
    UnsignedDelivery::new(body.to_string())
        .with_header("acme-event-id", &format!("evt_{number}"))
        .with_header("acme-version", &body["version"].to_string())
}

fn mac(secret: &SecretString, parts: &[&[u8]]) -> String {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts keys of any length");
    for part in parts {
        mac.update(part);
    }
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

pub(super) fn sign(
    features: FeatureSet,
    body: &[u8],
    secret: &SecretString,
    sent_at: &DeliveryTimestamp,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("plain text");
        headers.insert(HeaderName::from_static(name), value);
    };
    match features {
        FeatureSet::Full => {
            let time = sent_at.unix_seconds();
            set("acme-time", &time);
            let signature = mac(secret, &[time.as_bytes(), b".", body]);
            set("acme-signature", &signature);
        }
        FeatureSet::Minimal | FeatureSet::InProcess => set("acme-signature", &mac(secret, &[body])),
    }
    headers
}

pub(super) fn return_url(
    reference: &str,
    payment: &str,
    secret: &SecretString,
) -> ModelResult<Url> {
    let signature = mac(secret, &[format!("{reference}|{payment}|paid").as_bytes()]);
    let mut url: Url = "https://shop.example/back"
        .parse()
        .map_err(|_| NotImplemented::new("an invalid URL"))?;
    url.query_pairs_mut().extend_pairs([
        ("reference", reference),
        ("payment", payment),
        ("status", "paid"),
        ("signature", &signature),
    ]);
    Ok(url)
}
