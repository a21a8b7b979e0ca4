//! Customers: the details that Razorpay accepts, and the customer object at the gateway.

mod contact;
mod details;
mod link;

pub(crate) use details::{Details, Names};
pub(crate) use link::link;
