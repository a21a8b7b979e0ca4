use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::{Effect, RetryAdvice};

/// The cause of an error, in classes that a host handles differently.
///
/// # Examples
/// ```
/// use payment_provider_core::ProviderErrorKind;
///
/// assert_eq!(ProviderErrorKind::RateLimited.as_str(), "rate_limited");
/// assert_eq!(ProviderErrorKind::RateLimited.to_string(), "too many requests");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// A field is missing or not acceptable, by a local check or by the gateway's.
    InvalidRequest,
    /// The credentials were not accepted, or belong to the other environment.
    Authentication,
    /// The gateway does not know the object.
    NotFound,
    /// An object with this reference exists but differs from the request, or is no longer payable.
    Conflict,
    /// The gateway understood the request and refused it, for a reason not covered by the other
    /// kinds.
    Refused,
    /// Too many calls; the retry advice gives the time to wait.
    RateLimited,
    /// The gateway reports an internal fault.
    Unavailable,
    /// No response within the time limit.
    Timeout,
    /// The connection could not be established, or broke.
    Connection,
    /// A response was received that cannot be interpreted.
    UnreadableAnswer,
    /// A webhook or a return address is not signed by a secret of this connection. The only kind
    /// for a signature mismatch of any sort.
    InvalidSignature,
    /// The provider does not offer the operation, or not for this object.
    Unsupported,
}

impl ProviderErrorKind {
    pub(super) const fn default_effect(self) -> Effect {
        match self {
            Self::InvalidRequest
            | Self::Authentication
            | Self::NotFound
            | Self::Conflict
            | Self::Refused
            | Self::RateLimited
            | Self::InvalidSignature => Effect::Rejected,
            Self::Unsupported => Effect::NotSent,
            Self::Unavailable | Self::Timeout | Self::Connection | Self::UnreadableAnswer => {
                Effect::MaybeApplied
            }
        }
    }

    pub(super) const fn default_retry(self) -> RetryAdvice {
        match self {
            Self::Timeout | Self::Connection => RetryAdvice::Now,
            Self::Unavailable | Self::UnreadableAnswer => {
                RetryAdvice::After(Duration::from_secs(1))
            }
            Self::RateLimited => RetryAdvice::After(Duration::from_mins(1)),
            Self::InvalidRequest
            | Self::Authentication
            | Self::NotFound
            | Self::Conflict
            | Self::Refused
            | Self::InvalidSignature
            | Self::Unsupported => RetryAdvice::Never,
        }
    }

    /// Returns a stable snake-case identifier for logs, metrics and storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::UnreadableAnswer => "unreadable_answer",
            Self::InvalidSignature => "invalid_signature",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidRequest => "invalid request",
            Self::Authentication => "credentials not accepted",
            Self::NotFound => "not found",
            Self::Conflict => "conflicts with what exists",
            Self::Refused => "refused by the gateway",
            Self::RateLimited => "too many requests",
            Self::Unavailable => "gateway unavailable",
            Self::Timeout => "no answer in time",
            Self::Connection => "connection failed",
            Self::UnreadableAnswer => "answer cannot be understood",
            Self::InvalidSignature => "webhook signature does not match",
            Self::Unsupported => "not supported",
        })
    }
}

/// The operation during which an error occurred.
///
/// # Examples
/// ```
/// use payment_provider_core::Operation;
///
/// assert!(Operation::FetchCheckout.only_reads());
/// assert!(!Operation::CreateCheckout.only_reads());
/// assert_eq!(Operation::CreateCheckout.as_str(), "create_checkout");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`check_connection`](crate::PaymentProvider::check_connection)
    CheckConnection,
    /// [`link_customer`](crate::PaymentProvider::link_customer)
    LinkCustomer,
    /// [`create_checkout`](crate::PaymentProvider::create_checkout)
    CreateCheckout,
    /// [`fetch_checkout`](crate::PaymentProvider::fetch_checkout)
    FetchCheckout,
    /// [`cancel_checkout`](crate::PaymentProvider::cancel_checkout)
    CancelCheckout,
    /// [`list_payments`](crate::PaymentProvider::list_payments)
    ListPayments,
    /// [`list_refunds`](crate::RefundInquiry::list_refunds)
    ListRefunds,
    /// [`handle_webhook`](crate::PaymentProvider::handle_webhook)
    HandleWebhook,
    /// [`verify_return`](crate::SignedReturns::verify_return)
    VerifyReturn,
}

impl Operation {
    /// Returns `true` if the operation changes nothing at the gateway.
    pub const fn only_reads(self) -> bool {
        match self {
            Self::CheckConnection
            | Self::FetchCheckout
            | Self::ListPayments
            | Self::ListRefunds
            | Self::HandleWebhook
            | Self::VerifyReturn => true,
            Self::LinkCustomer | Self::CreateCheckout | Self::CancelCheckout => false,
        }
    }

    /// Returns a stable snake-case identifier for logs, metrics and storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckConnection => "check_connection",
            Self::LinkCustomer => "link_customer",
            Self::CreateCheckout => "create_checkout",
            Self::FetchCheckout => "fetch_checkout",
            Self::CancelCheckout => "cancel_checkout",
            Self::ListPayments => "list_payments",
            Self::ListRefunds => "list_refunds",
            Self::HandleWebhook => "handle_webhook",
            Self::VerifyReturn => "verify_return",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field in which the gateway's object differs from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The field, for example `amount`.
    pub field: Cow<'static, str>,
    /// The requested value. Contains no secret or personal data.
    pub expected: String,
    /// The gateway's value. Contains no secret or personal data.
    pub found: String,
}

impl Difference {
    /// Creates a difference from the field and both values.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            field: field.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.field, self.expected, self.found
        )
    }
}
