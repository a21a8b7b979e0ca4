//! The return address, at which the payer's browser arrives after the payment. Razorpay signs it
//! with the secret of the API key:
//! <https://razorpay.com/docs/payments/payment-links/apis/>.

use std::borrow::Cow;
use std::sync::Arc;

use payment_provider_core::{
    EventTarget, GatewayCheckoutId, HmacKeyring, Operation, PaymentId, ProviderDescriptor,
    ProviderError, ProviderErrorKind, SignedReturns, VerifiedReturn,
};
use url::Url;

use crate::signature::signer;
use crate::wire;

const LINK: &str = "razorpay_payment_link_id";
const REFERENCE: &str = "razorpay_payment_link_reference_id";
const STATUS: &str = "razorpay_payment_link_status";
const PAYMENT: &str = "razorpay_payment_id";
const SIGNATURE: &str = "razorpay_signature";

/// Separates the parts of the signed message.
const BAR: char = '|';

/// Verifies return addresses with the key secrets of one connection.
#[derive(Debug)]
pub(crate) struct Returns {
    descriptor: Arc<ProviderDescriptor>,
    keyring: HmacKeyring,
}

impl Returns {
    pub(crate) const fn new(descriptor: Arc<ProviderDescriptor>, keyring: HmacKeyring) -> Self {
        Self {
            descriptor,
            keyring,
        }
    }

    fn read(&self, url: &Url) -> Option<VerifiedReturn> {
        let part = |name| sole(url, name);
        let (link, reference) = (part(LINK)?, part(REFERENCE)?);
        let (status, payment) = (part(STATUS)?, part(PAYMENT)?);
        let parts = [&*link, &*reference, &*status, &*payment];
        // A separator inside a part would allow the same message to be split differently.
        if parts.iter().any(|part| part.contains(BAR)) {
            return None;
        }
        let message = parts.join("|");
        let claimed = part(SIGNATURE);
        let secret = signer(&self.keyring, claimed.as_deref(), message.as_bytes())?;
        let target = EventTarget::none()
            .with_reference(reference.parse().ok())
            .with_gateway_id(GatewayCheckoutId::new(link).ok());
        let status = (!status.is_empty()).then(|| wire::checkout_status(&status));
        Some(
            VerifiedReturn::new(target, secret)
                .with_payment_id(PaymentId::new(payment).ok())
                .with_status(status),
        )
    }
}

impl SignedReturns for Returns {
    fn verify_return(&self, url: &Url) -> Result<VerifiedReturn, ProviderError> {
        self.read(url).ok_or_else(|| {
            let provider = self.descriptor.id.clone();
            ProviderError::new(
                ProviderErrorKind::InvalidSignature,
                Operation::VerifyReturn,
                provider,
            )
        })
    }
}

/// Returns the value of a parameter that occurs exactly once. A repeated parameter is ambiguous and
/// counts as absent.
fn sole<'a>(url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    let mut values = url.query_pairs().filter(|(found, _)| found == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}
