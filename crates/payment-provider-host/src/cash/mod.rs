#![doc = include_str!("../../docs/cash-application.md")]

mod account;
mod refunds;
mod status;

pub use account::{Account, Booking, Closed, Incoming, Verdict};
pub use refunds::supersedes;
pub(crate) use refunds::{gave_back, given_back, gives_back};
pub use status::{PaymentProgress, progress};
