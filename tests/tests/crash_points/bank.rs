//! A gateway that can be asked nothing: the merchant's bookkeeping tells of transfers, in callbacks.

use cross_crate_tests::Api;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::customers::Invoice;
use crate::scene::{BANK_SECRET, Scene};

/// What every invoice of these tests is over, as the bookkeeping writes it.
pub(crate) const AMOUNT_IN_WORDS: &str = "200.12";

/// The reference of the first checkout of an invoice.
pub(crate) fn reference(shown: &Value) -> String {
    let reference = shown["checkouts"][0]["reference"].as_str();
    reference.expect("a checkout").to_owned()
}

impl Scene {
    /// An invoice that is asked for, with the reference to transfer under.
    pub(crate) async fn transfer_asked_for(&self, point: &str) -> (Invoice, String) {
        let invoice = self.bank_invoice(point).await;
        self.ask(&invoice).await;
        let reference = reference(&self.api.fetch(&invoice.id).await);
        (invoice, reference)
    }

    /// Tells that a transfer came in over the whole amount. `blanks` make of the same news other bytes.
    pub(crate) async fn tell_transfer(&self, id: &str, reference: &str, blanks: &str) {
        let body = format!(
            r#"{{"type": "transfer.received", "id": "{id}", "reference": "{reference}",
                 "amount": "{AMOUNT_IN_WORDS}", "currency": "INR"{blanks}}}"#
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(BANK_SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let (door, organization) = (self.door.url(), Api::ORGANIZATION);
        let sent = reqwest::Client::new()
            .post(format!(
                "{door}/webhooks/bank_transfer/{organization}?code=bank"
            ))
            .header("x-callback-signature", signature)
            .body(body)
            .send();
        let status = sent.await.expect("an answer").status();
        assert!(status.is_success(), "{status}");
    }
}
