//! The keys of a host or a tool, compared with those of the database.
//!
//! The database is read before the key file: a host that creates the file does so before it writes to the
//! database, so that another one, which starts at the same moment with the same file, finds both or none.

use crate::encryption::{EncryptionKeys, KeyId, KeySource, OtherKey, UnknownKeys};
use crate::error::{Error, ErrorKind};
use crate::store::Store;

/// The keys that the database names.
struct KnownToDatabase {
    /// The key with which the hosts encrypt.
    recorded: Option<KeyId>,
    /// The keys under which secrets are stored, each with the number of its secrets.
    used: Vec<(KeyId, u64)>,
}

impl KnownToDatabase {
    async fn read(store: &Store) -> Result<Self, Error> {
        Ok(Self {
            recorded: store.installation_key().await?,
            used: store.unknown_keys(&[]).await?,
        })
    }
}

/// Returns the keys of a host, and records its current key if none is recorded. Creates its key file if no
/// host has used the database.
///
/// # Errors
/// The database has secrets under keys that the host does not have, or records such a key, and this is not
/// `allowed`; or the key file cannot be read or created.
pub(super) async fn of_host(
    store: &Store,
    source: &KeySource,
    allowed: bool,
) -> Result<EncryptionKeys, Error> {
    let KnownToDatabase { recorded, mut used } = KnownToDatabase::read(store).await?;
    let keys = source.read()?;
    let ids = keys.as_ref().map(EncryptionKeys::ids).unwrap_or_default();
    used.retain(|(key, _)| !ids.contains(key));
    if !used.is_empty() && !allowed {
        let missing = source.file().filter(|_| keys.is_none());
        let unknown = UnknownKeys::new(used, missing.map(ToOwned::to_owned));
        return Err(Error::with_source(ErrorKind::Encryption, unknown));
    }
    if let Some(recorded) = recorded.as_ref().filter(|key| !ids.contains(key))
        && !allowed
    {
        return Err(other_key(recorded, keys.as_ref(), source));
    }
    let keys = match (keys, source) {
        (Some(keys), _) => keys,
        (None, KeySource::Keys(keys)) => keys.clone(),
        (None, KeySource::File(path)) => EncryptionKeys::from_file_or_new(path)?,
    };
    let recorded = match recorded {
        Some(recorded) => recorded,
        None => store.record_key(keys.current_id()).await?,
    };
    if keys.ids().contains(&recorded) {
        return Ok(keys);
    }
    if !allowed {
        // Another host started at the same moment, with other keys.
        return Err(other_key(&recorded, Some(&keys), source));
    }
    store.replace_key(keys.current_id()).await?;
    Ok(keys)
}

/// Returns the keys of an operator's tool. If they are not those of the hosts, they only decrypt.
pub(super) async fn of_tool(store: &Store, source: &KeySource) -> Result<EncryptionKeys, Error> {
    let KnownToDatabase { recorded, used } = KnownToDatabase::read(store).await?;
    let keys = match source {
        KeySource::Keys(keys) => keys.clone(),
        KeySource::File(path) => EncryptionKeys::from_file(path)?,
    };
    let ids = keys.ids();
    let is_of_hosts = match recorded {
        Some(recorded) => ids.contains(&recorded),
        // Only an earlier version has used the database, and recorded no key.
        None => !used.is_empty() && used.iter().all(|(key, _)| ids.contains(key)),
    };
    Ok(if is_of_hosts { keys } else { keys.foreign() })
}

fn other_key(recorded: &KeyId, keys: Option<&EncryptionKeys>, source: &KeySource) -> Error {
    let other = OtherKey {
        recorded: recorded.clone(),
        given: keys.map(|keys| keys.current_id().clone()),
        file: source.file().map(ToOwned::to_owned),
    };
    Error::with_source(ErrorKind::Encryption, other)
}
