//! The error of the runtime.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{Money, MoneyError, ProviderError, UnknownProvider, Violations};

use crate::connection_use::ConnectionUse;
use crate::delivery_state::DeliveryState;
use crate::transient::is_transient;

/// An error of the runtime: its [kind](ErrorKind) and, if there is one, the error that caused it as
/// its [source](StdError::source).
///
/// Each step of a method changes everything it has to or nothing. A method of several steps, such as one
/// that first posts and then ends checkouts, keeps the steps before the one that failed; calling it again
/// completes it.
///
/// # Examples
/// ```
/// use payment_provider_host::error::{Entity, Error, ErrorKind};
///
/// let error = Error::from(ErrorKind::NotFound(Entity::Connection));
/// let status = match error.kind() {
///     ErrorKind::NotFound(_) => 404,
///     ErrorKind::Invalid(_) => 422,
///     _ if error.is_transient() => 503,
///     _ => 500,
/// };
/// assert_eq!((status, error.to_string().as_str()), (404, "no such connection"));
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of an error, by what the caller can do about it.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use payment_provider_host::error::{Error, ErrorKind};
///
/// let retry_after = Duration::from_secs(5);
/// let error = Error::from(ErrorKind::Pending { retry_after });
/// assert!(error.is_transient());
/// assert_eq!(error.retry_after(), Some(retry_after));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The named entity does not exist, or does not belong to this organization.
    NotFound(Entity),
    /// The input is invalid: all violations, each with its field. Nothing was sent or stored.
    Invalid(Violations),
    /// The request contradicts stored data.
    Conflict(Conflict),
    /// The state of the payable, checkout, connection or delivery does not allow the call;
    /// repeating it does not help.
    Refused(Refusal),
    /// It is not known yet whether an earlier checkout exists, or the gateway reports money that it
    /// does not list yet. Call again after this time. If this lasts for hours, the gateway will not
    /// list that money any more, for instance because a payment was reversed or is listed on
    /// another checkout: then [`Host::write_off`](crate::Host::write_off) ends the wait.
    Pending {
        /// The time to wait.
        retry_after: Duration,
    },
    /// A webhook was not signed with a secret of its connection.
    InvalidSignature,
    /// The connection's budget of webhooks is spent (see
    /// [`HostConfig::intake_limit`](crate::HostConfig::intake_limit)). The webhook is not stored: the
    /// gateway should send it again after this time.
    TooManyDeliveries {
        /// The time to wait.
        retry_after: Duration,
    },
    /// The gateway refused the request, or could not be asked. If it may have acted on the request,
    /// the next call finds out.
    Provider(ProviderError),
    /// The host's handler refused the change; nothing of it was recorded. The handler's error is the
    /// source.
    Handler,
    /// Stored secrets cannot be encrypted or decrypted, or do not make a connection any more.
    Encryption,
    /// Amounts do not add up within the range of the type.
    Amount(MoneyError),
    /// The database failed. Its error is the source.
    Storage,
}

/// The kind of an entity that does not exist.
///
/// # Examples
/// ```
/// use payment_provider_host::error::{Entity, Error};
///
/// let error = Error::from(Entity::Payable);
/// assert_eq!(error.to_string(), "no such payable");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entity {
    /// A provider: none is registered under this id.
    Provider,
    /// A connection.
    Connection,
    /// A payable.
    Payable,
    /// A checkout of the payable.
    Checkout,
    /// A delivery of the connection.
    Delivery,
}

/// A contradiction between a request and stored data.
///
/// # Examples
/// ```
/// use payment_provider_host::error::{Conflict, Error, ErrorKind};
///
/// let error = Error::from(Conflict::CodeTaken);
/// assert!(matches!(error.kind(), ErrorKind::Conflict(Conflict::CodeTaken)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The organization has a connection with this code already, or had one.
    #[error("the organization already has a connection with this code")]
    CodeTaken,
    /// Another amount, or a payment on another checkout, is known under this identity.
    #[error("another amount, or a payment on another checkout, is known under this identity")]
    PaymentIdentityTaken,
}

/// The reason for which the present state does not allow a call.
///
/// # Examples
/// ```
/// use payment_provider_host::error::{Error, ErrorKind, Refusal};
///
/// let error = Error::from(Refusal::CustomerNotLinked);
/// assert!(matches!(error.kind(), ErrorKind::Refused(Refusal::CustomerNotLinked)));
/// assert!(!error.is_transient());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The host closed the payable.
    #[error("the payable is closed")]
    Closed,
    /// The amount or currency owed changed after money was received.
    #[error("the amount owed changed after money was received for it")]
    AmountChanged,
    /// The customer is linked to no connection.
    #[error("the customer is linked to no connection")]
    CustomerNotLinked,
    /// The connection is disabled: no new checkouts are created through it.
    #[error("the connection is disabled")]
    ConnectionDisabled,
    /// The gateway created a checkout and returned no payment URL.
    #[error("the gateway returned no payment URL")]
    NoPaymentUrl,
    /// The gateway does not cancel an earlier checkout that asks for something else, and it can still
    /// be paid.
    #[error("an earlier checkout can still be paid and the gateway will not cancel it")]
    EarlierStillPayable,
    /// The gateway reports money that no delivery reported, and has no status API. Record it with
    /// [`Host::record_manual_payment`](crate::Host::record_manual_payment), or write it off with
    /// [`Host::write_off`](crate::Host::write_off).
    #[error(
        "the gateway reports money that no webhook reported, and has no status API: record the \
         payment manually, or write it off"
    )]
    UnreconciledFunds,
    /// A payment cannot be recorded manually where the gateway has a status API: its list is fetched
    /// instead. Money that it reports and never lists can be written off.
    #[error(
        "the gateway has a status API: payments are fetched from it, and an amount that it reports \
         and never lists can be written off"
    )]
    GatewayListsPayments,
    /// Without the gateway's payment id, no more can be recorded than the gateway reports beyond what
    /// is posted.
    #[error(
        "the gateway reports {reported} on this checkout, of which {posted} is posted: give the \
         gateway's payment id to record more"
    )]
    NotReported {
        /// The amount that the gateway reports.
        reported: Money,
        /// The part of it that is posted.
        posted: Money,
    },
    /// All that the gateway reports on the checkout is posted.
    #[error("all that the gateway reports on this checkout is posted")]
    NothingToWriteOff,
    /// The connection is still needed.
    #[error("the connection is still needed: {0}")]
    ConnectionInUse(ConnectionUse),
    /// The delivery is done: it is neither pending nor unmatched.
    #[error("the delivery is {} already", .0.as_str())]
    DeliveryDone(DeliveryState),
    /// The content of the delivery was dropped at this time, after the time for which it is kept
    /// ([`Delivery::dropped_at`](crate::inbox::Delivery::dropped_at)).
    #[error(
        "the content of the delivery was dropped at {0}: it cannot be applied again, unless the gateway \
         sends it again"
    )]
    DeliveryDropped(Timestamp),
}

impl Error {
    /// Returns the kind of the error.
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns the kind by value.
    pub fn into_kind(self) -> ErrorKind {
        self.kind
    }

    /// Returns true if the same call may succeed later with the same input: a checkout is still
    /// being reconciled, or the gateway or the database is busy or unreachable.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ErrorKind::Pending { .. } | ErrorKind::TooManyDeliveries { .. } => true,
            ErrorKind::Provider(error) => error.retry_after().is_some(),
            _ => is_transient(self),
        }
    }

    /// Returns the time after which the call can be repeated, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            ErrorKind::Pending { retry_after } | ErrorKind::TooManyDeliveries { retry_after } => {
                Some(*retry_after)
            }
            ErrorKind::Provider(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Returns the id that no provider has, with the registered ones, if that is the error.
    pub fn unknown_provider(&self) -> Option<&UnknownProvider> {
        self.source.as_ref()?.downcast_ref()
    }

    pub(crate) fn with_source(
        kind: ErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    pub(crate) const fn pending(retry_after: Duration) -> Self {
        Self {
            kind: ErrorKind::Pending { retry_after },
            source: None,
        }
    }

    /// Returns the violations of an invalid input, or the error if it has another kind.
    pub(crate) fn into_violations(self) -> Result<Violations, Self> {
        match self.kind {
            ErrorKind::Invalid(violations) => Ok(violations),
            kind => Err(Self {
                kind,
                source: self.source,
            }),
        }
    }

    /// Returns true if a checkout can still be paid and the gateway does not cancel it.
    pub(crate) const fn is_still_payable(&self) -> bool {
        matches!(self.kind, ErrorKind::Refused(Refusal::EarlierStillPayable))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl From<Entity> for Error {
    fn from(entity: Entity) -> Self {
        ErrorKind::NotFound(entity).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        ErrorKind::Refused(refusal).into()
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        ErrorKind::Conflict(conflict).into()
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        ErrorKind::Provider(error).into()
    }
}

impl From<MoneyError> for Error {
    fn from(error: MoneyError) -> Self {
        ErrorKind::Amount(error).into()
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        ErrorKind::Invalid(violations).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::NotFound(entity) => match &self.source {
                Some(source) => source.fmt(f),
                None => write!(f, "no such {entity}"),
            },
            ErrorKind::Invalid(violations) => write!(f, "invalid: {violations}"),
            ErrorKind::Conflict(conflict) => conflict.fmt(f),
            ErrorKind::Refused(refusal) => refusal.fmt(f),
            ErrorKind::Pending { retry_after } => write!(
                f,
                "an earlier checkout is still being reconciled; call again in {} s",
                retry_after.as_secs()
            ),
            ErrorKind::InvalidSignature => f.write_str("webhook signature does not match"),
            ErrorKind::TooManyDeliveries { .. } => {
                f.write_str("the connection receives more webhooks than its limit")
            }
            ErrorKind::Provider(error) => error.fmt(f),
            ErrorKind::Handler => f.write_str("the host's payment handler failed"),
            ErrorKind::Encryption => f.write_str("stored secrets cannot be used"),
            ErrorKind::Amount(error) => error.fmt(f),
            ErrorKind::Storage => match &self.source {
                Some(source) => source.fmt(f),
                None => f.write_str("the store failed"),
            },
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            ErrorKind::Provider(error) => error.source(),
            // `Display` shows the source already; the source of that is the database's own error.
            ErrorKind::NotFound(_) | ErrorKind::Storage => self.source.as_ref()?.source(),
            _ => Some(&**self.source.as_ref()?),
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provider => "provider",
            Self::Connection => "connection",
            Self::Payable => "payable",
            Self::Checkout => "checkout",
            Self::Delivery => "delivery",
        })
    }
}
