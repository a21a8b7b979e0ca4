//! Connection secrets at rest: sealed with the host's own key, bound to the place they belong to.

mod keys;
mod place;
mod sealed;

pub use keys::{KeyFileError, KeyId, SealingKey, SealingKeys};
pub(crate) use place::Place;
pub use sealed::{SealedText, UnsealError};
