use uuid::Uuid;

use crate::crash_point::CommitStep;
use crate::encryption::KeyId;
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError};

const NAME: &str = "INSERT INTO @installation (only_row, id)
     SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM @installation) ON CONFLICT DO NOTHING";

const READ: &str = "SELECT id FROM @installation";

const READ_KEY: &str = "SELECT encryption_key FROM @installation";

/// Records a key once: of hosts that start at the same moment one writes, and the others find that it is
/// no longer null.
const RECORD_KEY: &str =
    "UPDATE @installation SET encryption_key = $1 WHERE encryption_key IS NULL";

const REPLACE_KEY: &str = "UPDATE @installation SET encryption_key = $1
     WHERE encryption_key IS NULL OR encryption_key <> $1";

impl Store {
    /// Gives the database its installation id, if it has none.
    pub(in crate::store) async fn name_installation(&self) -> Result<()> {
        let id = Uuid::new_v4().to_string();
        let name = statement!("name the installation", NAME, id);
        self.execute_durably(CommitStep::Installation, name).await?;
        Ok(())
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
