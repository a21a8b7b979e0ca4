use std::fmt;

use url::Url;

use crate::{CheckoutStatus, EventTarget, MatchedSecret, PaymentId, ProviderError};

/// The verifier of a payer's return address, for a gateway that signs it.
///
/// Returned by [`PaymentProvider::signed_returns`](crate::PaymentProvider::signed_returns).
pub trait SignedReturns: fmt::Debug + Send + Sync {
    /// Verifies the address to which a payer's browser returned.
    ///
    /// **Contract.** No I/O. The signature is compared in constant time with the one expected for
    /// every active secret. It proves that the payment belongs to the checkout. It contains no
    /// timestamp and can be replayed by anyone who has seen it, so it is a reason to fetch the
    /// checkout and posts no money.
    ///
    /// **Errors.** `InvalidSignature` for every mismatch alike, including a missing part.
    fn verify_return(&self, url: &Url) -> Result<VerifiedReturn, ProviderError>;
}

/// The verified content of a signed return address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedReturn {
    /// The checkout that the payer returned from. Look it up only within the connection that
    /// verified the address.
    pub target: EventTarget,
    /// The payment, if the address names one.
    pub payment_id: Option<PaymentId>,
    /// The status of the checkout when the browser was redirected, if the address contains it.
    pub status: Option<CheckoutStatus>,
    /// The secret that signed the address.
    pub matched_secret: MatchedSecret,
}

impl VerifiedReturn {
    /// Creates a return from this checkout.
    pub const fn new(target: EventTarget, matched_secret: MatchedSecret) -> Self {
        Self {
            target,
            payment_id: None,
            status: None,
            matched_secret,
        }
    }

    /// Sets the payment.
    pub fn with_payment_id(mut self, id: Option<PaymentId>) -> Self {
        self.payment_id = id;
        self
    }

    /// Sets the status of the checkout.
    pub fn with_status(mut self, status: Option<CheckoutStatus>) -> Self {
        self.status = status;
        self
    }
}
