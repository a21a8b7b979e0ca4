use uuid::Uuid;

use crate::crash_point::CommitStep;
use crate::encryption::KeyId;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError};

/// The random key of the hash of deliveries.
pub(crate) type DeliveryHashKey = [u8; 16];

const NAME: &str = "INSERT INTO @installation (only_row, id)
     SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM @installation) ON CONFLICT DO NOTHING";

const HASH_KEY: &str =
    "UPDATE @installation SET delivery_hash_key = $1 WHERE delivery_hash_key IS NULL";

const READ_HASH_KEY: &str =
    "SELECT delivery_hash_key FROM @installation WHERE delivery_hash_key IS NOT NULL";

const READ: &str = "SELECT id FROM @installation";

const READ_KEY: &str = "SELECT encryption_key FROM @installation";

/// Records a key once: of hosts that start at the same moment one writes, and the others find that it is
/// no longer null.
const RECORD_KEY: &str =
    "UPDATE @installation SET encryption_key = $1 WHERE encryption_key IS NULL";

const REPLACE_KEY: &str = "UPDATE @installation SET encryption_key = $1
     WHERE encryption_key IS NULL OR encryption_key <> $1";

impl Store {
    /// Gives the database its installation id and the key of the hash of deliveries, if it has none.
    pub(in crate::store) async fn name_installation(&self) -> Result<()> {
        let id = Uuid::new_v4().to_string();
        let name = statement!("name the installation", NAME, id);
        self.execute_durably(CommitStep::Installation, name).await?;
        if self.stored_delivery_hash_key().await?.is_none() {
            let mut key: DeliveryHashKey = [0; 16];
            getrandom::fill(&mut key).map_err(|error| StoreError::new("make a hash key", error))?;
            let set = statement!("name the installation", HASH_KEY, &key[..]);
            self.execute_durably(CommitStep::Installation, set).await?;
        }
        Ok(())
    }

    /// Returns the key of the hash of deliveries.
    pub(crate) async fn delivery_hash_key(&self) -> Result<DeliveryHashKey> {
        let stored = self.stored_delivery_hash_key().await?;
        stored
            .ok_or_else(|| StoreError::new("read the installation", "it has no delivery hash key"))
    }

    async fn stored_delivery_hash_key(&self) -> Result<Option<DeliveryHashKey>> {
        let read = statement!("read the installation", READ_HASH_KEY);
        let key = |row: &Row<'_>| {
            let bytes = row.bytes("delivery_hash_key")?;
            let length = bytes.len();
            let wrong = |_| {
                StoreError::new(
                    "read the installation",
                    format!("a hash key of {length} bytes"),
                )
            };
            bytes.try_into().map_err(wrong)
        };
        self.fetch_optional(read, key).await
    }

    /// Returns the installation id of the database.
    pub(crate) async fn installation_id(&self) -> Result<String> {
        const ACTION: &str = "read the installation";
        let read = statement!(ACTION, READ);
        let id = self.fetch_optional(read, |row| row.text("id")).await?;
        id.ok_or_else(|| StoreError::new(ACTION, "it has no id"))
    }

    /// Returns the id of the key with which the hosts of the database encrypt; `None` before the first one
    /// has started.
    pub(crate) async fn installation_key(&self) -> Result<Option<KeyId>> {
        let read = statement!("read the key of the installation", READ_KEY);
        let key = self
            .fetch_optional(read, |row| row.optional_text("encryption_key"))
            .await?;
        Ok(key.flatten().as_deref().map(KeyId::stored))
    }

    /// Records the key of a host, unless one is recorded already. Returns the recorded one.
    pub(crate) async fn record_key(&self, key: &KeyId) -> Result<KeyId> {
        const ACTION: &str = "record the key of the installation";
        let record = statement!(ACTION, RECORD_KEY, key.to_string());
        self.execute_durably(CommitStep::InstallationKey, record)
            .await?;
        let recorded = self.installation_key().await?;
        recorded.ok_or_else(|| StoreError::new(ACTION, "it has no row"))
    }

    /// Records a key in place of another one.
    pub(crate) async fn replace_key(&self, key: &KeyId) -> Result<()> {
        let replace = statement!(
            "record the key of the installation",
            REPLACE_KEY,
            key.to_string()
        );
        self.execute_durably(CommitStep::InstallationKey, replace)
            .await?;
        Ok(())
    }
}
