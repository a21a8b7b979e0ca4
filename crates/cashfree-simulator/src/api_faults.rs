//! Faults that hit calls of the merchant API.

use std::time::Duration;

use serde::Serialize;

use crate::wire_enum::wire_enum;

wire_enum! {
    /// An operation of the merchant API.
    ApiOperation, UnknownApiOperation, "operation" {
        /// `POST /pg/links`
        CreateLink = "create_link",
        /// `GET /pg/links/{link_id}`
        FetchLink = "fetch_link",
        /// `POST /pg/links/{link_id}/cancel`
        CancelLink = "cancel_link",
        /// `GET /pg/links/{link_id}/orders`
        ListOrders = "list_orders",
        /// `GET /pg/orders/{order_id}`
        FetchOrder = "fetch_order",
        /// `GET /pg/orders/{order_id}/payments`
        ListPayments = "list_payments",
        /// `GET /pg/orders/{order_id}/payments/{cf_payment_id}`
        FetchPayment = "fetch_payment",
        /// `POST /pg/orders`
        CreateOrder = "create_order",
        /// `PATCH /pg/orders/{order_id}`
        TerminateOrder = "terminate_order",
        /// `POST /pg/orders/{order_id}/refunds`
        CreateRefund = "create_refund",
        /// `GET /pg/orders/{order_id}/refunds`
        ListRefunds = "list_refunds",
        /// `GET /pg/orders/{order_id}/refunds/{refund_id}`
        FetchRefund = "fetch_refund",
        /// `PUT /pg/orders/{order_id}/refunds/{refund_id}`
        CancelRefund = "cancel_refund",
        /// `GET /pg/orders/{order_id}/settlements`
        FetchSettlement = "fetch_settlement",
        /// `POST /pg/simulate`, `POST /pg/simulate/settlement`
        Simulate = "simulate",
        /// `GET /pg/simulate/{simulation_id}`, `GET /pg/simulate/settlement/{simulation_id}`
        FetchSimulation = "fetch_simulation",
    }
}

wire_enum! {
    /// Faults of a call.
    ///
    /// "Closed without a response" holds literally if the simulator serves its own listener: not one byte of a
    /// response is sent. Where only the router is used, the response is a `200` whose body breaks off at once.
    ApiFault, UnknownApiFault, "fault" {
        /// The connection is closed without a response; the call has no effect.
        DropBeforeCommit = "drop_before_commit",
        /// The call is executed and stored under its idempotency key, then the connection is closed without a
        /// response.
        DropAfterCommit = "drop_after_commit",
        /// A 500 that is stored under the idempotency key, so repeating the key repeats the 500; the call has no
        /// effect.
        Error500Stored = "error_500_stored",
        /// A 400 (`link_post_failed`, `order_create_failed`, `refund_post_failed`) that is stored under the
        /// idempotency key; the call has no effect.
        Error400Stored = "error_400_stored",
        /// A 404 that is stored under the idempotency key; the call has no effect.
        NotFoundStored = "not_found_stored",
        /// The call is executed, but its response, also the one stored under its idempotency key, is a 500.
        Error500AfterCommit = "error_500_after_commit",
        /// A 500 that is not stored; the call has no effect.
        Error500 = "error_500",
        /// A 429 with a wait in `x-ratelimit-retry`; the call has no effect.
        RateLimited = "rate_limited",
        /// A 502 with an HTML page, as from a proxy in front of the gateway; the call has no effect.
        Html502 = "html_502",
        /// The call is executed, but the JSON of its response is cut off in the middle.
        TruncatedJson = "truncated_json",
        /// A 404 for an object that exists; the call has no effect.
        NotFound = "not_found",
        /// The call is executed at once and its response is delayed.
        Delay = "delay",
        /// The connection is reset without a response; the call has no effect. Where only the router is used, it is
        /// closed.
        ResetBeforeCommit = "reset_before_commit",
        /// The call is executed and stored under its idempotency key, then the connection is reset without a
        /// response.
        ResetAfterCommit = "reset_after_commit",
        /// No response for [`ApiFaultRule::delay_ms`], one minute by default, then the connection is closed; the call
        /// has no effect.
        TimeoutBeforeCommit = "timeout_before_commit",
        /// The call is executed at once, but there is no response for [`ApiFaultRule::delay_ms`], one minute by
        /// default; then the connection is closed.
        TimeoutAfterCommit = "timeout_after_commit",
        /// A 429 that is stored under the idempotency key; the call has no effect. Only the first response states a
        /// wait.
        RateLimitedStored = "rate_limited_stored",
        /// The call is executed, but every number in its response is a string.
        NumbersAsStrings = "numbers_as_strings",
        /// The call is executed, but every string, number and boolean in its response is null.
        Nulls = "nulls",
        /// The call is executed, but every string, number and boolean in its response is an empty object.
        Objects = "objects",
        /// The call is executed, but 64 MiB of blanks follow the JSON of its response.
        HugeBody = "huge_body",
        /// A link, order or refund is created, but it is not found for [`ApiFaultRule::delay_ms`] of the simulator's
        /// clock, five seconds by default.
        LagAfterCreate = "lag_after_create",
        /// A link is cancelled, but a payment that began earlier arrives one second later by the simulator's clock.
        LatePayment = "late_payment",
    }
}

impl ApiFault {
    /// Returns true if the call is still executed.
    pub(crate) const fn commits(self) -> bool {
        matches!(
            self,
            Self::DropAfterCommit
                | Self::Error500AfterCommit
                | Self::TruncatedJson
                | Self::Delay
                | Self::ResetAfterCommit
                | Self::TimeoutAfterCommit
                | Self::NumbersAsStrings
                | Self::Nulls
                | Self::Objects
                | Self::HugeBody
                | Self::LagAfterCreate
                | Self::LatePayment
        )
    }

    /// Returns true if the fault applies to the operation.
    pub(crate) const fn suits(self, operation: ApiOperation) -> bool {
        match self {
            Self::LagAfterCreate => operation.creates(),
            Self::LatePayment => matches!(operation, ApiOperation::CancelLink),
            _ => true,
        }
    }
}

impl ApiOperation {
    /// Returns true if the operation creates a link, an order or a refund.
    pub(crate) const fn creates(self) -> bool {
        matches!(
            self,
            Self::CreateLink | Self::CreateOrder | Self::CreateRefund
        )
    }
}

/// A fault for the next calls of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApiFaultRule {
    /// The operation that is hit.
    pub operation: ApiOperation,
    /// The fault.
    pub fault: ApiFault,
    /// Number of calls still to be hit.
    pub times: u32,
    /// Delay of the response, or of closing the connection, in milliseconds. It applies to every fault, except that
    /// for [`ApiFault::LagAfterCreate`] it is the time for which the object is not found.
    pub delay_ms: u64,
    /// The wait that [`ApiFault::RateLimited`] states, in seconds.
    pub retry_seconds: u32,
}

impl ApiFaultRule {
    /// Creates a fault for the next call of `operation`.
    pub const fn once(operation: ApiOperation, fault: ApiFault) -> Self {
        Self {
            operation,
            fault,
            times: 1,
            delay_ms: 0,
            retry_seconds: 30,
        }
    }

    /// Hits the next `times` calls.
    pub const fn with_times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the wait that [`ApiFault::RateLimited`] states. The default is 30 seconds.
    pub const fn with_retry_seconds(mut self, seconds: u32) -> Self {
        self.retry_seconds = seconds;
        self
    }

    /// Delays the response.
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }
}
