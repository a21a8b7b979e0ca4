//! Crash points: places at which a test may end the process.
//!
//! Most of them lie in decorators. A transaction is committed as a [`CommitStep`], which passes one before and
//! after the commit. A connection's provider is opened [`with_crash_points`], which passes one before and after
//! each call. Only a [`Moment`] within a transaction is passed by the code that makes it.
//!
//! Without the feature `failpoints` all of them compile to nothing, and a provider is used as it is.

#[cfg(feature = "failpoints")]
mod gateway;
mod pass;
mod places;

use std::sync::Arc;

use payment_provider_core::PaymentProvider;

#[cfg(feature = "failpoints")]
pub use pass::{LAST_WORDS, VARIABLE};
#[cfg(feature = "failpoints")]
pub use places::ALL;
pub(crate) use places::{CommitStep, Moment};

/// Returns the provider with a crash point before and after each of its calls.
#[cfg(feature = "failpoints")]
pub(crate) fn with_crash_points(provider: Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider> {
    Arc::new(gateway::WithCrashPoints::new(provider))
}

/// Returns the provider as it is.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn with_crash_points(provider: Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider> {
    provider
}
