//! Webhooks: verified, stored, answered; then applied, in any order, once.

mod aftermath;
mod apply;
mod matching;
mod needless;
mod receive;
mod timeline;
mod worker;

pub use receive::{Delivery, Receipt, ReceiveError};
