//! Payment links: the request that creates one, the link as the gateway returns it, and the
//! comparison of both.
//!
//! The calls and their fields are described at
//! <https://razorpay.com/docs/api/payments/payment-links/create-standard/>.

mod cancel;
mod create;
mod currency;
mod entity;
mod fetch;
mod find;
mod preflight;
mod request;
mod shorten;

pub(crate) use cancel::cancel;
pub(crate) use create::create;
pub(crate) use entity::{Link, entities};
pub(crate) use fetch::fetch;
pub(crate) use find::locate;
pub(crate) use preflight::{LONGEST_LIFE, MAX_REFERENCE, SHORTEST_LIFE, preflight};

/// The key of the link note that holds a checkout's fingerprint. Razorpay keeps at most 15 notes,
/// so 14 are available to the host.
pub const FINGERPRINT_NOTE: &str = "fingerprint";
