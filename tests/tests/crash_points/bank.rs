//! A gateway without a status API: the merchant's bookkeeping reports transfers in callbacks.

use cross_crate_tests::Api;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::customers::Invoice;
use crate::scene::{BANK_SECRET, Scene};

/// The amount of every invoice of these tests, as the bookkeeping writes it.
pub(crate) const AMOUNT_IN_WORDS: &str = "200.12";

/// Returns the reference of the first checkout of an invoice.
pub(crate) fn reference(shown: &Value) -> String {
    let reference = shown["checkouts"][0]["reference"].as_str();
    reference.expect("a checkout").to_owned()
}

impl Scene {
    /// Requests the payment of an invoice, and returns it with the reference to transfer under.
    pub(crate) async fn transfer_asked_for(&self, point: &str) -> (Invoice, String) {
        let invoice = self.bank_invoice(point).await;
        self.ask(&invoice).await;
        let reference = reference(&self.api.fetch(&invoice.id).await);
        (invoice, reference)
    }

    /// Reports a transfer of the whole amount. `blanks` change the bytes of the same report.
    pub(crate) async fn report_transfer(&self, id: &str, reference: &str, blanks: &str) {
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
