//! Faults of the merchant API, once or until they are taken away.

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
    /// What goes wrong with a call.
    ///
    /// "Closed without an answer" is meant literally when the simulator serves its own listener: not one byte of
    /// a response leaves. Where only the router is used, it is a `200` whose body breaks off at once.
    ApiFault, UnknownApiFault, "fault" {
        /// The connection is closed without an answer; nothing was done.
        DropBeforeCommit = "drop_before_commit",
        /// The call is carried out and remembered under its idempotency key, then the connection is closed without an answer.
        DropAfterCommit = "drop_after_commit",
        /// A 500 that is remembered under the idempotency key, so repeating the key repeats the 500; nothing was done.
        Error500Stored = "error_500_stored",
        /// A 400 (`link_post_failed`, `order_create_failed`, `refund_post_failed`) that is remembered under the idempotency key; nothing was done.
        Error400Stored = "error_400_stored",
        /// A 404 that is remembered under the idempotency key; nothing was done.
        NotFoundStored = "not_found_stored",
        /// The call is carried out, but the answer, also under its idempotency key, is a 500.
        Error500AfterCommit = "error_500_after_commit",
        /// A 500 that is not remembered; nothing was done.
        Error500 = "error_500",
        /// A 429 with a wait in `x-ratelimit-retry`; nothing was done.
        RateLimited = "rate_limited",
        /// A 502 page of HTML, as from something between client and gateway; nothing was done.
        Html502 = "html_502",
        /// The call is carried out, but the answer's JSON ends in the middle.
        TruncatedJson = "truncated_json",
        /// A 404 for an object that exists; nothing was done.
        NotFound = "not_found",
        /// The call is carried out at once and its answer comes late.
        Delay = "delay",
        /// The connection is reset without an answer; nothing was done. Through the router alone it is closed.
        ResetBeforeCommit = "reset_before_commit",
        /// The call is carried out and remembered under its idempotency key, then the connection is reset without an
        /// answer.
        ResetAfterCommit = "reset_after_commit",
        /// Nothing is done and nothing is answered for [`ApiFaultRule::delay_ms`], a minute unless set; then the
        /// connection is closed.
        TimeoutBeforeCommit = "timeout_before_commit",
        /// The call is carried out at once, but nothing is answered for [`ApiFaultRule::delay_ms`], a minute unless set;
        /// then the connection is closed.
        TimeoutAfterCommit = "timeout_after_commit",
        /// A 429 that is remembered under the idempotency key; nothing was done. Only the first answer tells to wait.
        RateLimitedStored = "rate_limited_stored",
        /// The call is carried out, but every number in the answer is a string.
        NumbersAsStrings = "numbers_as_strings",
        /// The call is carried out, but every text, number and flag in the answer is null.
        Nulls = "nulls",
        /// The call is carried out, but every text, number and flag in the answer is an empty object.
        Objects = "objects",
        /// The call is carried out, but after the answer's JSON come 64 MiB of blanks.
        HugeBody = "huge_body",
        /// A link, order or refund is made, but for [`ApiFaultRule::delay_ms`] of the simulator's clock, five seconds
        /// unless set, it is not found.
        LagAfterCreate = "lag_after_create",
        /// A link is cancelled, but a second later by the simulator's clock a payment begun earlier lands.
        LatePayment = "late_payment",
    }
}

impl ApiFault {
    /// Whether the call is still carried out.
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

    /// Whether the fault is one that can befall the operation.
    pub(crate) const fn suits(self, operation: ApiOperation) -> bool {
        match self {
            Self::LagAfterCreate => operation.creates(),
            Self::LatePayment => matches!(operation, ApiOperation::CancelLink),
            _ => true,
        }
    }
}

impl ApiOperation {
    /// Whether it makes a link, an order or a refund.
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
    /// The operation it hits.
    pub operation: ApiOperation,
    /// What goes wrong.
    pub fault: ApiFault,
    /// How many calls are still hit.
    pub times: u32,
    /// How long the answer (or its absence) is held back, in milliseconds. Works with every fault, but
    /// [`ApiFault::LagAfterCreate`] takes it as the time for which nothing is found.
    pub delay_ms: u64,
    /// The wait told by [`ApiFault::RateLimited`], in seconds.
    pub retry_seconds: u32,
}

impl ApiFaultRule {
    /// A fault for the next call of `operation`.
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
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the wait told by [`ApiFault::RateLimited`], 30 seconds unless set.
    pub const fn retry_seconds(mut self, seconds: u32) -> Self {
        self.retry_seconds = seconds;
        self
    }

    /// Holds the answer back.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }
}
