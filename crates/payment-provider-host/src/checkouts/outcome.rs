//! The answer to a request for a payment URL.

use std::fmt;

use payment_provider_core::CheckoutReference;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;

use crate::accounting::CheckoutRecord;
use crate::error::{Error, Refusal};
use crate::timestamp;

/// The answer to a request for a payment URL.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// let outcome = PaymentUrlOutcome::NothingDue(NothingDue::Paid);
/// let text = match &outcome {
///     PaymentUrlOutcome::Pay(page) => format!("pay at {}", page.url),
///     PaymentUrlOutcome::NothingDue(reason) => format!("nothing is due: {reason}"),
///     _ => "see the invoice".to_owned(),
/// };
/// assert_eq!(text, "nothing is due: it is paid");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentUrlOutcome {
    /// The payable can be paid here.
    Pay(PaymentUrl),
    /// Nothing is to be paid.
    NothingDue(NothingDue),
}

/// The reason for which nothing is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NothingDue {
    /// The whole amount was received.
    Paid,
    /// The host closed the payable.
    Closed,
}

impl fmt::Display for NothingDue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Paid => "it is paid",
            Self::Closed => "it is closed",
        })
    }
}

impl PaymentUrlOutcome {
    /// Describes the outcome for the payer: the URL, or the reason for which nothing is to be paid.
    /// Not for logs: everybody who has the URL can pay.
    pub fn describe(&self) -> String {
        match self {
            Self::Pay(page) => format!("pay at {}", page.url),
            Self::NothingDue(reason) => format!("nothing is due: {reason}"),
        }
    }

    /// Returns the payment URL, if there is something to pay.
    pub fn pay(self) -> Option<PaymentUrl> {
        match self {
            Self::Pay(url) => Some(url),
            Self::NothingDue(_) => None,
        }
    }
}

/// A page on which a payer can pay.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentUrl {
    /// The gateway's page. Everybody who has the URL can pay: give it to the payer only.
    pub url: Url,
    /// The checkout's reference.
    pub reference: CheckoutReference,
    /// The time at which the page stops taking new payments.
    pub expires_at: Timestamp,
    /// The origin of the checkout.
    pub origin: UrlOrigin,
}

impl fmt::Debug for PaymentUrl {
    /// Omits the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentUrl")
            .field("reference", &self.reference)
            .field("expires_at", &self.expires_at)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The origin of a payment URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlOrigin {
    /// This call made the checkout.
    Created,
    /// The checkout was found at the gateway: an earlier, interrupted call had made it.
    Adopted,
    /// The checkout of an earlier call is still payable.
    Reused,
}

/// Returns the URL of a stored checkout.
pub(super) fn url_of(checkout: &CheckoutRecord, origin: UrlOrigin) -> Result<PaymentUrl, Error> {
    let url = checkout
        .url
        .as_ref()
        .and_then(|url| url.expose().parse().ok());
    Ok(PaymentUrl {
        url: url.ok_or(Refusal::NoPaymentUrl)?,
        reference: checkout.reference.clone(),
        expires_at: timestamp::from_millis(checkout.expires_at),
        origin,
    })
}
