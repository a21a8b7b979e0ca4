use std::fmt;
use std::path::PathBuf;

use super::KeyId;

/// The error of a host that is given a database with secrets under keys that it does not have: a lost
/// or wrong key file. Nothing was written, and no key was created.
///
/// The remedy is to give the host these keys; the order of several does not matter for reading.
/// Without them the secrets are lost, and a host that is built with
/// [`allow_unknown_keys`](crate::HostBuilder::allow_unknown_keys) starts so that they can be entered
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownKeys {
    /// The ids of the keys, each with the number of secrets under it.
    pub keys: Vec<(KeyId, u64)>,
    /// The key file of the host, if it does not exist.
    pub missing_file: Option<PathBuf>,
}

impl UnknownKeys {
    pub(crate) const fn new(keys: Vec<(KeyId, u64)>, missing_file: Option<PathBuf>) -> Self {
        Self { keys, missing_file }
    }
}

impl fmt::Display for UnknownKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.missing_file {
            write!(f, "the key file {} does not exist, and ", path.display())?;
        }
        f.write_str("the database has secrets under keys that the host does not have: ")?;
        for (position, (key, secrets)) in self.keys.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            let plural = if *secrets == 1 { "" } else { "s" };
            write!(f, "{comma}{key} ({secrets} secret{plural})")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownKeys {}
