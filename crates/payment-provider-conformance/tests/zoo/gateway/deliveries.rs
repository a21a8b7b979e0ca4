//! What the gateway tells of its own accord, and how it signs.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_conformance::{Delivery, News, NotStaged, Staged, Stamp};
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::state::State;
use super::{AcornGateway, render};
use crate::flaw::Flavour;

const AT: &str = "2026-11-21T08:59:58Z";

impl AcornGateway {
    pub(super) fn deliveries(&self, news: &News) -> Staged<Vec<Delivery>> {
        let state = self.lock();
        let bodies = match news {
            News::Paid(id) => self.about(&state, id.as_str(), "captured")?,
            News::Failed(id) => self.about(&state, id.as_str(), "declined")?,
            News::UnknownType => {
                vec![json!({"form": 2, "type": "moon.rose", "at": AT, "moon": {"full": true}})]
            }
            _ => return Err(NotStaged::new("news of a kind that is new")),
        };
        Ok(bodies.iter().enumerate().map(delivered).collect())
    }

    /// A payment in the first form, in the second, and as a part of its checkout.
    fn about(&self, state: &State, id: &str, word: &str) -> Staged<Vec<Value>> {
        let none = || NotStaged::new("a payment that nobody made");
        let attempt = state.payment(id).ok_or_else(none)?;
        let checkout = state.find(&attempt.reference).ok_or_else(none)?;
        let payment = render::payment(self.flavour, attempt);
        let mut first = payment.clone();
        first["form"] = 1.into();
        first["type"] = format!("payment.{word}").into();
        first["at"] = AT.into();
        let second = json!({
            "form": 2, "type": format!("payment.{word}"), "at": AT, "payment": payment,
        });
        let third = json!({
            "form": 2, "type": format!("checkout.{word}"), "at": AT, "payment": payment,
            "checkout": render::checkout(self.flavour, state, checkout),
        });
        Ok(vec![first, second, third])
    }
}

fn delivered((number, body): (usize, &Value)) -> Delivery {
    Delivery::new(body.to_string())
        .with_header("acorn-event-id", &format!("evt_{number}"))
        .with_header("acorn-form", &body["form"].to_string())
}

fn mac(secret: &SecretString, parts: &[&[u8]]) -> String {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    for part in parts {
        mac.update(part);
    }
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

pub(super) fn sign(
    flavour: Flavour,
    body: &[u8],
    secret: &SecretString,
    sent_at: &Stamp,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("plain text");
        headers.insert(HeaderName::from_static(name), value);
    };
    match flavour {
        Flavour::Rich => {
            let time = sent_at.unix_seconds();
            set("acorn-time", &time);
            let signature = mac(secret, &[time.as_bytes(), b".", body]);
            set("acorn-signature", &signature);
        }
        Flavour::Plain | Flavour::Local => set("acorn-signature", &mac(secret, &[body])),
    }
    headers
}

pub(super) fn way_back(reference: &str, payment: &str, secret: &SecretString) -> Staged<Url> {
    let signature = mac(
        secret,
        &[format!("{reference}|{payment}|settled").as_bytes()],
    );
    let mut url: Url = "https://shop.example/back"
        .parse()
        .map_err(|_| NotStaged::new("an address"))?;
    url.query_pairs_mut().extend_pairs([
        ("reference", reference),
        ("payment", payment),
        ("status", "settled"),
        ("signature", &signature),
    ]);
    Ok(url)
}
