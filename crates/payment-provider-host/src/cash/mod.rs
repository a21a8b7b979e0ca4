#![doc = include_str!("../../docs/cash-application.md")]

mod account;
mod status;

pub use account::{Account, Booking, Closed, Incoming, Verdict};
pub use status::{PaymentProgress, progress};
