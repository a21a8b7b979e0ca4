//! The parts of a decision about a delivery: what is known of it, and the outcomes of its events.

use std::collections::HashMap;

use payment_provider_core::{Event, TimestampCheck};

use super::account::CheckoutAt;
use super::decision::Draft;
use super::portion::Answer;
use super::target_name::TargetName;

/// A verified delivery, as far as decisions depend on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryReport<'a> {
    /// The row key of the delivery.
    pub(crate) pk: i64,
    /// The connection that verified it.
    pub(crate) connection_pk: i64,
    pub(crate) events: &'a [Event],
    /// True if an earlier attempt to apply it ended before it was done.
    pub(crate) was_tried: bool,
    /// Milliseconds since 1970.
    pub(crate) received_at: i64,
    pub(crate) timestamp_check: TimestampCheck,
    /// The label of the secret that verified it.
    pub(crate) matched_secret: Option<&'a str>,
    /// The end of the time in which a payment event may still arrive for the money that this delivery
    /// claims, in milliseconds since 1970. `None` where the connection receives no payment events.
    pub(crate) payment_event_expected_until: Option<i64>,
    /// The time from which on the gateway's total includes the money that this delivery reports, in
    /// milliseconds since 1970.
    pub(crate) total_is_current_from: i64,
}

/// The fetched state of checkouts by row key; `None` where the gateway has no status API.
pub(crate) type AllFetched = HashMap<i64, Option<Answer>>;

/// The reason for which a delivery has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WaitReason {
    /// It cannot be read, and names no checkout that could be fetched: waiting changes nothing.
    Unreadable,
    /// It claims a refund, but the gateway has no query of refunds: waiting changes nothing.
    RefundsNotAskable,
    /// It needs the gateway's state, but the gateway has no status API: waiting changes nothing.
    NotAskable,
    /// The gateway's query of refunds failed.
    RefundsUnanswered,
    /// The gateway's payment event is expected until this time, in milliseconds since 1970.
    PaymentEventExpected(i64),
    /// The gateway does not list yet what the delivery reports.
    NotListed,
    /// The gateway reports more money on a checkout than it lists.
    ListIncomplete,
}

/// The result of one event.
pub(super) enum EventOutcome {
    Applied,
    /// The event says nothing about a checkout.
    Ignored,
    /// The event is about something unknown here.
    Unmatched(Vec<TargetName>),
    Fetch(CheckoutAt),
    Wait(WaitReason),
}

impl Draft {
    /// Returns the wait for the gateway's payment event, while one is expected.
    pub(super) fn expects_payment_event(
        &self,
        delivery: &DeliveryReport<'_>,
    ) -> Option<EventOutcome> {
        let until = delivery.payment_event_expected_until?;
        (self.now() < until).then_some(EventOutcome::Wait(WaitReason::PaymentEventExpected(until)))
    }
}
