#![doc = include_str!("../../docs/cash-application.md")]

mod account;
mod refunds;
mod status;

pub use account::{Account, Booking, Closed, Incoming, Verdict};
pub(crate) use refunds::gave_back;
pub use refunds::supersedes;
pub use status::{PaymentProgress, progress};
