//! Events: what they say, where they go, and how they get there.

mod announce;
mod delivery;
mod dispute_event;
mod envelope;
mod link_event;
mod memory;
mod occurrence;
mod outlet;
mod payment_event;
mod refund_event;
mod send;
mod settlement_event;
mod signature;

pub use delivery::{DeliveryAttempt, DeliverySnapshot, DeliveryState, UnknownDeliveryState};
pub use signature::sign;

pub(crate) use announce::Batch;
pub(crate) use delivery::Delivery;
pub(crate) use occurrence::Occurrence;
pub(crate) use send::Sender;
