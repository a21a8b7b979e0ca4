//! Rows of what operators do and prove.

use payment_provider_core::{ConnectionCode, Currency, OrganizationId, Payment, Refund};

use super::DeliveryState;
use crate::cash::Verdict;

/// Of a database that a tool is to look at.
pub(crate) const NO_HOST: &str = "no host keeps its books in it";

/// Which deliveries of an organization to list.
#[derive(Debug, Clone, Copy)]
pub struct InboxPage<'a> {
    pub organization: &'a OrganizationId,
    /// `None`: of all its connections.
    pub connection: Option<&'a ConnectionCode>,
    /// `None`: however they stand.
    pub state: Option<DeliveryState>,
    /// Those with keys less than this one.
    pub before: i64,
    /// At most so many.
    pub limit: i64,
}

/// What parking a delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkOutcome {
    Parked,
    /// It waits for nothing: it stands like this.
    Not(DeliveryState),
    Unknown,
}

/// A payment with what its columns say, and what its details say of the same.
#[derive(Debug, Clone)]
pub struct LedgerPayment {
    pub pk: i64,
    pub payable_pk: i64,
    pub id: String,
    pub connection_pk: i64,
    /// The connection of the checkout that it was paid on.
    pub checkout_connection_pk: i64,
    /// Whose that connection is; `None` where there is no such connection.
    pub organization: Option<OrganizationId>,
    pub status: String,
    pub currency: Currency,
    pub amount: i64,
    /// `None`: not to be read.
    pub details: Option<Payment>,
    pub verdict: Option<Verdict>,
    pub credited: i64,
    pub surplus: i64,
}

/// A refund with what its columns say, and what its details say of the same.
#[derive(Debug, Clone)]
pub struct LedgerRefund {
    pub pk: i64,
    pub payable_pk: i64,
    pub id: String,
    /// The gateway's id of the payment that it gives back, where that was told.
    pub payment_id: Option<String>,
    pub connection_pk: i64,
    /// The connection of the checkout whose money it gives back.
    pub checkout_connection_pk: i64,
    /// Whose its own connection is; `None` where there is no such connection.
    pub organization: Option<OrganizationId>,
    pub status: String,
    pub currency: Currency,
    pub amount: i64,
    /// `None`: not to be read.
    pub details: Option<Refund>,
}

/// A row that refers to what is not there, or is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseEnd {
    pub what: Loose,
    /// Whose it is, as far as its connection says so.
    pub organization: Option<OrganizationId>,
    /// The effect's key, or the gateway's id of the payment or the refund.
    pub name: String,
    /// The connection that it should be of.
    pub connection_pk: i64,
    /// The one that it leads to, if to any.
    pub found: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loose {
    Effect,
    Payment,
    Refund,
}
