//! Deliveries and return addresses.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{Fake, Payment, Refund, State, entities};

/// A delivery without a signature.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub event: String,
    /// The payment that the delivery reports; empty if there is none.
    pub payment: String,
    /// Sent in a header, equal for all addresses and repetitions.
    pub event_id: String,
    pub body: String,
}

/// Returns the signature used for deliveries and return addresses.
pub fn hmac_hex(secret: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    HEXLOWER.encode(&mac.chain_update(message).finalize().into_bytes())
}

/// Returns the return address of this payment, signed with a key secret.
pub fn return_url(fake: &Fake, payment: &str, secret: &str) -> Url {
    let state = fake.state();
    let payment = state.payments.iter().find(|known| known.id == payment);
    let payment = payment.expect("a payment");
    let link = state.links.iter().find(|link| link.id == payment.link_id);
    let link = link.expect("a link");
    let reference = link.request["reference_id"].as_str().unwrap_or_default();
    let parts = [&link.id, reference, &link.status, &payment.id];
    let signature = hmac_hex(secret, parts.join("|").as_bytes());
    let callback = link.request["callback_url"].as_str();
    let mut url: Url = callback
        .unwrap_or("https://shop.example/thanks")
        .parse()
        .unwrap();
    url.query_pairs_mut()
        .append_pair("razorpay_payment_id", &payment.id)
        .append_pair("razorpay_payment_link_id", &link.id)
        .append_pair("razorpay_payment_link_reference_id", reference)
        .append_pair("razorpay_payment_link_status", &link.status)
        .append_pair("razorpay_signature", &signature);
    url
}

impl State {
    pub(super) fn record_payment_event(
        &mut self,
        at: usize,
        payment: &Payment,
        event: &str,
        status: &str,
    ) {
        let body = entities::payment(&self.links[at], payment, status);
        let payload = json!({"payment": {"entity": body}});
        self.record(event, &payment.id, &["payment"], &payload, self.now);
    }

    pub(super) fn record_order_event(&mut self, at: usize, payment: &Payment) {
        let link = &self.links[at];
        let payload = json!({
            "payment": {"entity": entities::payment(link, payment, "captured")},
            "order": {"entity": entities::order(link, self.attempts(at))},
        });
        self.record(
            "order.paid",
            &payment.id,
            &["payment", "order"],
            &payload,
            self.now,
        );
    }

    /// Records a refund event, which has the refunded payment beside the refund.
    pub(super) fn record_refund_event(&mut self, refund: &Refund, event: &str) {
        let mut payments = self.payments.iter();
        let payment = payments.find(|known| known.id == refund.payment_id);
        let payment = payment.expect("a payment");
        let link = self.links.iter().find(|link| link.id == payment.link_id);
        let link = link.expect("a link");
        let refund = entities::refund(self, refund, &link.request["currency"]);
        let payload = json!({
            "refund": {"entity": refund},
            "payment": {"entity": entities::payment(link, payment, "captured")},
        });
        self.record(event, "", &["refund", "payment"], &payload, self.now);
    }

    /// Records a link event, whose envelope holds the creation time of the link.
    pub(super) fn record_link_event(&mut self, at: usize, event: &str, payment: Option<&Payment>) {
        let link = &self.links[at];
        let created_at = link.created_at;
        let mut body = entities::link(self, link);
        // Deliveries contain neither field.
        for name in ["payments", "entity"] {
            body.as_object_mut().unwrap().remove(name);
        }
        let mut payload = json!({"payment_link": {"entity": body}});
        let Some(payment) = payment else {
            return self.record(event, "", &["payment_link"], &payload, created_at);
        };
        payload["order"] = json!({"entity": entities::order(link, self.attempts(at))});
        payload["payment"] = json!({"entity": entities::payment(link, payment, "captured")});
        let contains = ["payment_link", "order", "payment"];
        self.record(event, &payment.id, &contains, &payload, created_at);
    }

    fn attempts(&self, at: usize) -> usize {
        let id = &self.links[at].id;
        let of = |payment: &&Payment| payment.link_id == *id;
        self.payments.iter().filter(of).count()
    }

    fn record(&mut self, event: &str, payment: &str, contains: &[&str], payload: &Value, at: i64) {
        let body = json!({"entity": "event", "account_id": "acc_FakeAccount001", "event": event,
            "contains": contains, "payload": payload, "created_at": at});
        let delivery = Delivery {
            event: event.to_owned(),
            payment: payment.to_owned(),
            event_id: self.id(""),
            body: body.to_string(),
        };
        self.deliveries.push(delivery);
    }
}
