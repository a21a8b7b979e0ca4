//! Customers: what Razorpay takes of one, and the customer object that can be made of it.

mod contact;
mod details;
mod link;

pub(crate) use details::{Details, Names};
pub(crate) use link::link;
