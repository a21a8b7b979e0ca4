//! Webhooks: verified, stored, answered; then applied, in any order, once.

mod aftermath;
mod apply;
mod events;
mod lease;
mod matching;
mod needless;
mod operate;
mod receive;
mod timeline;
mod waiting;
mod worker;

pub(crate) use lease::LEASES;
pub use operate::{
    DeliveryCursor, DeliveryDetail, DeliveryFilter, DeliveryPage, ParkError, Parking,
};
pub use receive::{Delivery, Receipt, ReceiveError};
