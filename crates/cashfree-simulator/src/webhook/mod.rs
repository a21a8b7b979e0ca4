//! Events: what they say, where they go, and how they get there.

mod announce;
mod delivery;
mod link_event;
mod outlet;
mod payment_event;
mod send;
mod signature;

pub use delivery::{DeliveryAttempt, DeliverySnapshot, DeliveryState, UnknownDeliveryState};
pub use signature::sign;

pub(crate) use announce::{Batch, Occurrence};
pub(crate) use delivery::Delivery;
pub(crate) use send::Sender;
