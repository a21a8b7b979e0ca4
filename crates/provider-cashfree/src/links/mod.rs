//! Payment links: the request that creates one, the link as the gateway returns it, and the
//! comparison of both.
//!
//! The calls and their fields are described at
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/create-payment-link>.

mod cancel;
mod create;
mod customer;
mod entity;
mod extension;
mod fetch;
mod key;
mod preflight;
mod request;

pub(crate) use cancel::cancel;
pub(crate) use create::create;
pub(crate) use customer::needs;
pub use extension::LinkOptions;
pub(crate) use fetch::{expect_link, expect_same_link, fetch};
pub(crate) use preflight::preflight;

/// The key of the link note that holds a checkout's fingerprint. Cashfree keeps at most five notes,
/// so four are available to the host.
pub const FINGERPRINT_NOTE: &str = "fingerprint";
