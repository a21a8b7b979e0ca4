//! Signed return URLs.

use std::sync::Arc;

use payment_provider_core::{
    CheckoutReference, CheckoutStatus, EventTarget, GatewayCheckoutId, Operation, PaymentId,
    ProviderError, ProviderErrorKind, ProviderId, SignedReturns, VerifiedReturn,
};
use secrecy::SecretString;
use url::Url;

use super::checkout_record::CheckoutRecord;
use super::signature::{Keyring, Purpose, sign};

const REFERENCE: &str = "fake_reference";
const CHECKOUT: &str = "fake_checkout";
const PAYMENT: &str = "fake_payment";
const STATUS: &str = "fake_status";
const SIGNATURE: &str = "fake_signature";

/// Returns the URL that the payer's browser returns to. It is signed if a secret is given.
pub(super) fn url(record: &CheckoutRecord, secret: Option<&SecretString>) -> Url {
    let payment = record.payments.last().map(|payment| payment.id.as_str());
    let status = record.status();
    let parts = [
        record.reference().as_str(),
        record.gateway_id.as_str(),
        payment.unwrap_or_default(),
        status.as_str(),
    ];
    let mut url = record.return_page();
    let names = [REFERENCE, CHECKOUT, PAYMENT, STATUS];
    url.query_pairs_mut()
        .extend_pairs(names.into_iter().zip(parts));
    if let Some(secret) = secret {
        let signature = sign(secret, Purpose::Return, "", &content(parts));
        url.query_pairs_mut().append_pair(SIGNATURE, &signature);
    }
    url
}

/// Returns the signed content: the parts as a JSON array, which makes their boundaries unambiguous.
fn content(parts: [&str; 4]) -> Vec<u8> {
    serde_json::to_vec(&parts).expect("texts can be serialized as JSON")
}

/// Verifies return URLs.
#[derive(Debug)]
pub(super) struct FakeReturns {
    keyring: Arc<Keyring>,
    provider: ProviderId,
}

impl FakeReturns {
    pub(super) const fn new(keyring: Arc<Keyring>, provider: ProviderId) -> Self {
        Self { keyring, provider }
    }

    fn read(&self, url: &Url) -> Option<VerifiedReturn> {
        let part = |name| only(url, name);
        let (reference, checkout) = (part(REFERENCE)?, part(CHECKOUT)?);
        let (payment, status) = (part(PAYMENT)?, part(STATUS)?);
        let signed = content([&reference, &checkout, &payment, &status]);
        let signature = part(SIGNATURE)?;
        let secret = self
            .keyring
            .matching(&signature, Purpose::Return, "", &signed)?;
        let target = EventTarget::none()
            .with_reference(CheckoutReference::new(reference).ok())
            .with_gateway_id(GatewayCheckoutId::new(checkout).ok());
        let verified = VerifiedReturn::new(target, secret);
        Some(
            verified
                .with_payment_id(PaymentId::new(payment).ok())
                .with_status(Some(parse_status(status))),
        )
    }
}

impl SignedReturns for FakeReturns {
    fn verify_return(&self, url: &Url) -> Result<VerifiedReturn, ProviderError> {
        self.read(url).ok_or_else(|| {
            let provider = self.provider.clone();
            ProviderError::new(
                ProviderErrorKind::InvalidSignature,
                Operation::VerifyReturn,
                provider,
            )
        })
    }
}

/// Returns the value of a query parameter that occurs exactly once.
fn only(url: &Url, name: &str) -> Option<String> {
    let mut values = url.query_pairs().filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}

fn parse_status(name: String) -> CheckoutStatus {
    use CheckoutStatus::{Cancelled, Expired, Open, Paid, PartiallyPaid, Unknown};
    let known = [Open, PartiallyPaid, Paid, Expired, Cancelled];
    let status = known.into_iter().find(|status| status.as_str() == name);
    status.unwrap_or(Unknown(name))
}
