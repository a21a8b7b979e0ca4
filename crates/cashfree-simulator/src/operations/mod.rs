//! Operations change the state and publish the events that follow.

mod attempt;
mod dispute;
mod link_lifecycle;
mod order_lifecycle;
mod payment_completion;
mod refund_lifecycle;
mod scheduler;
mod settlement;
mod simulation;

pub use attempt::PaymentAttempt;

pub(crate) use link_lifecycle::{CancelError, DuplicateLink};
pub(crate) use order_lifecycle::{DuplicateOrder, TerminateError};
pub(crate) use refund_lifecycle::RefundError;
