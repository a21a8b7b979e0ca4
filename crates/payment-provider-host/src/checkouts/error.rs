use std::time::Duration;

use payment_provider_core::{MoneyError, ProviderError, Violations};

use crate::connections::ConnectionError;
use crate::handler::HandlerError;
use crate::store::StoreError;

/// Why there is no payment address, or a payable could not be closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckoutError {
    /// By the payable's own state: asking again changes nothing.
    #[error("no payment can be asked for: {0}")]
    Refused(Refusal),
    /// Fields the gateway would not accept. Nothing was sent.
    #[error("the gateway would not accept this: {0}")]
    Invalid(Violations),
    /// The gateway refused, or could not be asked. If it may have acted, the next call finds out.
    #[error(transparent)]
    Provider(ProviderError),
    /// Whether an earlier checkout exists is still being found out, or the gateway states money on one
    /// that it does not list yet; ask again after this time. Where it is still so after hours, the
    /// gateway will not list that money any more: a payment was reversed before anybody looked, say, or
    /// is listed on another checkout. Then [`Host::write_off`](crate::Host::write_off) ends the wait.
    #[error("an earlier checkout is still being settled; ask again in {} s", .retry_after.as_secs())]
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The connection cannot be used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The host's handler refused the change; nothing of it was recorded.
    #[error("the host's payment handler failed")]
    Handler(#[source] HandlerError),
    /// Amounts do not add up within the range of the type.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a payable cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The amount owed is not more than nothing.
    #[error("the amount must be more than nothing")]
    NothingOwed,
    /// All of it came in.
    #[error("it is paid")]
    Paid,
    /// The host settled or voided it.
    #[error("it is closed")]
    Closed,
    /// The amount or currency is another than before, and money came in for it.
    #[error("its amount changed after money came in for it")]
    AmountChanged,
    /// The customer is linked to no connection.
    #[error("the customer is linked to no connection")]
    CustomerNotLinked,
    /// The connection takes no new checkouts.
    #[error("the connection is disabled")]
    ConnectionDisabled,
    /// The gateway made a checkout and gave no address to pay at.
    #[error("the gateway gave no address to pay at")]
    NoAddress,
    /// The gateway will not cancel an earlier checkout that asks for something else, and it can
    /// still be paid.
    #[error("an earlier checkout can still be paid and the gateway will not cancel it")]
    EarlierStillPayable,
    /// The gateway states money of which no delivery has told, and cannot be asked about it. It can be
    /// booked by hand ([`Host::book_by_hand`](crate::Host::book_by_hand)), or written off
    /// ([`Host::write_off`](crate::Host::write_off)).
    #[error("the gateway states money that it has not told of, and cannot be asked about it")]
    MoneyUnexplained,
}
