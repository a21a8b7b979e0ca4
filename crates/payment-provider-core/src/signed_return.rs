use std::fmt;

use url::Url;

use crate::{CheckoutStatus, EventTarget, MatchedSecret, PaymentId, ProviderError};

/// The way back of a payer's browser, at a gateway that signs it.
///
/// Reached by [`PaymentProvider::signed_returns`](crate::PaymentProvider::signed_returns).
pub trait SignedReturns: fmt::Debug + Send + Sync {
    /// Verifies the address at which a payer's browser came back.
    ///
    /// **Contract.** No I/O. The signature is compared in constant time with what every active
    /// secret gives. What it proves is that the payment belongs to the checkout; it has no time in
    /// it and can be sent again by anybody who has seen it. It is a reason to fetch, and books
    /// nothing.
    ///
    /// **Errors.** `InvalidSignature` for every mismatch alike, a missing part included.
    fn verify_return(&self, url: &Url) -> Result<VerifiedReturn, ProviderError>;
}

/// What a signed return address says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedReturn {
    /// The checkout the payer comes from. Look it up inside the connection that verified the
    /// address, nowhere else.
    pub target: EventTarget,
    /// The payment that was made, if it names one.
    pub payment_id: Option<PaymentId>,
    /// Where the checkout stood when the browser was sent back, if it says so.
    pub status: Option<CheckoutStatus>,
    /// The secret it was signed with.
    pub matched_secret: MatchedSecret,
}

impl VerifiedReturn {
    /// A return from this checkout.
    pub const fn new(target: EventTarget, matched_secret: MatchedSecret) -> Self {
        Self {
            target,
            payment_id: None,
            status: None,
            matched_secret,
        }
    }

    /// Sets the payment that was made.
    pub fn with_payment_id(mut self, id: Option<PaymentId>) -> Self {
        self.payment_id = id;
        self
    }

    /// Sets where the checkout stood.
    pub fn with_status(mut self, status: Option<CheckoutStatus>) -> Self {
        self.status = status;
        self
    }
}
