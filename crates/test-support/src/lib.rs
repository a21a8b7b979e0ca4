//! Fixtures and helpers that the test suites of several crates share. Not published.
//!
//! Without features this crate has no dependencies, which lets `xtask` use it, also to start a PostgreSQL server ([`postgres`]). It depends on no crate of this workspace
//! but the contract, `payment-provider-core`.

#[cfg(feature = "tokio")]
mod closed_port;
#[cfg(feature = "core")]
pub mod event_line;
mod example;
#[cfg(unix)]
pub mod postgres;
mod prerequisite;
#[cfg(feature = "tokio")]
mod time;
#[cfg(feature = "tokio")]
mod wait;

#[cfg(feature = "tokio")]
pub use closed_port::ClosedPort;
pub use example::{examples, run_example};
pub use prerequisite::{REQUIRE_REFERENCES, REQUIRE_TOOLS, reference_dir, tool_path};
#[cfg(feature = "tokio")]
pub use time::{FrozenTime, hastened};
#[cfg(feature = "tokio")]
pub use wait::{PATIENCE, in_time, until};
