//! Signed return URLs.

use std::fmt;
use std::sync::Arc;

use payment_provider_core::{
    CheckoutReference, CheckoutStatus, EventTarget, Operation, PaymentId, ProviderError,
    ProviderErrorKind, ProviderId, SignedReturns, VerifiedReturn,
};
use url::Url;

use super::signature::Keyring;
use crate::flaw::{Flaw, Profile};

pub(super) struct Returns {
    provider: ProviderId,
    keyring: Arc<Keyring>,
    profile: Profile,
}

impl Returns {
    pub(super) const fn new(provider: ProviderId, keyring: Arc<Keyring>, profile: Profile) -> Self {
        Self {
            provider,
            keyring,
            profile,
        }
    }

    fn read(&self, url: &Url) -> Option<VerifiedReturn> {
        let part = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        };
        let signature = part("signature")?;
        let [mut reference, payment, status] =
            ["reference", "payment", "status"].map(|name| part(name).unwrap_or_default());
        let signed = format!("{reference}|{payment}|{status}");
        let matched = if self.profile.has(Flaw::ReturnsUnverified) {
            self.keyring.any_secret()?
        } else {
            self.keyring.matched(&[signed.as_bytes()], &signature)?
        };
        if self.profile.has(Flaw::ReturnsNameWrongCheckout) {
            reference.push_str("-other");
        }
        let target = EventTarget::none().with_reference(CheckoutReference::new(reference).ok());
        let status = (status == "paid").then_some(CheckoutStatus::Paid);
        let returned = VerifiedReturn::new(target, matched);
        let payment = PaymentId::new(payment).ok();
        Some(returned.with_payment_id(payment).with_status(status))
    }
}

impl fmt::Debug for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returns").finish_non_exhaustive()
    }
}

impl SignedReturns for Returns {
    fn verify_return(&self, url: &Url) -> Result<VerifiedReturn, ProviderError> {
        self.read(url).ok_or_else(|| {
            let (kind, operation) = (ProviderErrorKind::InvalidSignature, Operation::VerifyReturn);
            ProviderError::new(kind, operation, self.provider.clone())
        })
    }
}
