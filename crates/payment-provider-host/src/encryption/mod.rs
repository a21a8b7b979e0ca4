//! Connection secrets at rest: sealed with the host's own key, bound to the place they belong to.

mod associated_data;
mod ciphertext;
mod key;
mod keyring;

pub(crate) use associated_data::Place;
pub use ciphertext::{Ciphertext, DecryptError};
pub use key::{EncryptionKey, KeyFileError, KeyId};
pub use keyring::EncryptionKeys;
