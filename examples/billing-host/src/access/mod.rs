//! Access to the application: what a key may reach, and the limits on wrong keys.

mod authentication;
mod client_address;
mod operator_key;
mod reach;
mod source;
mod throttle;

pub(crate) use authentication::{Denied, authenticate, authenticate_operator};
pub(crate) use operator_key::{MIN_TOKEN_BYTES, OperatorKey};
pub(crate) use reach::Access;
pub(crate) use source::Source;
pub(crate) use throttle::Throttle;
