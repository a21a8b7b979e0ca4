use uuid::Uuid;

use crate::crash_point::CommitStep;
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError};

const NAME: &str = "INSERT INTO @installation (only_row, id)
     SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM @installation) ON CONFLICT DO NOTHING";

const READ: &str = "SELECT id FROM @installation";

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
}
