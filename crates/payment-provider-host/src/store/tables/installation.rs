use uuid::Uuid;

use crate::crash_point::CommitStep;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError};

/// The random key of the hash of deliveries.
pub(crate) type DeliveryHashKey = [u8; 16];

const NAME: &str = "INSERT INTO @installation (only_row, id)
     SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM @installation) ON CONFLICT DO NOTHING";

const KEY: &str = "UPDATE @installation SET delivery_hash_key = $1 WHERE delivery_hash_key IS NULL";

const READ_KEY: &str =
    "SELECT delivery_hash_key FROM @installation WHERE delivery_hash_key IS NOT NULL";

const READ: &str = "SELECT id FROM @installation";

impl Store {
    /// Gives the database its installation id and the key of the hash of deliveries, if it has none.
    pub(in crate::store) async fn name_installation(&self) -> Result<()> {
        let id = Uuid::new_v4().to_string();
        let name = statement!("name the installation", NAME, id);
        self.execute_durably(CommitStep::Installation, name).await?;
        if self.stored_delivery_hash_key().await?.is_none() {
            let mut key: DeliveryHashKey = [0; 16];
            getrandom::fill(&mut key).map_err(|error| StoreError::new("make a hash key", error))?;
            let set = statement!("name the installation", KEY, &key[..]);
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
        let read = statement!("read the installation", READ_KEY);
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
}
