//! Connection secrets at rest: sealed with the host's own key, bound to the place they belong to.

mod keys;
mod place;
mod ring;
mod sealed;

pub use keys::{KeyFileError, KeyId, SealingKey};
pub(crate) use place::Place;
pub use ring::SealingKeys;
pub use sealed::{SealedText, UnsealError};
