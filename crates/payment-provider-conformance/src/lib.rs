#![doc = include_str!("../README.md")]

mod bench;
mod case;
mod cases;
pub mod fake;
mod harness;
mod report;
pub mod subject;
pub mod wire;

pub use case::{Case, Failure, Need};
pub use cases::all as cases;
pub use harness::{check, check_case, run};
pub use report::{Entry, Outcome, Report};
pub use subject::{
    Account, Delivery, Gateway, News, NotStaged, ProviderUnderTest, Refusal, Staged, Stamp,
    Transport, Trouble, Twist, WireAmount,
};

/// The types and macros of other crates that an author needs to implement [`Gateway`].
pub mod reexport {
    pub use payment_provider_core::reexport::*;
}
