//! Connection secrets at rest: encrypted with a key of the host, and bound to the setting that they
//! belong to.

mod associated_data;
mod ciphertext;
mod encrypt_error;
mod key;
mod key_file_error;
mod key_source;
mod keyring;
mod other_key;
mod unknown_keys;

pub(crate) use associated_data::Place;
pub use ciphertext::{Ciphertext, DecryptError};
pub use encrypt_error::EncryptError;
pub use key::{EncryptionKey, KeyId};
pub use key_file_error::{KeyFileError, KeyTextProblem};
pub(crate) use key_source::KeySource;
pub use keyring::EncryptionKeys;
pub use other_key::OtherKey;
pub use unknown_keys::UnknownKeys;
