use sqlx::Sqlite;
use sqlx::sqlite::SqlitePool;

use super::process_lock::ProcessLock;
use crate::store::{Result, StoreError};

/// The connections to a file.
#[derive(Debug, Clone)]
pub(in crate::store) struct Pools {
    pub(in crate::store) writer: SqlitePool,
    pub(in crate::store) readers: SqlitePool,
    /// `None` in a store that was opened beside running hosts.
    pub(super) lock: Option<ProcessLock>,
}

impl Pools {
    pub(in crate::store) async fn begin(
        &self,
        writes: bool,
    ) -> Result<sqlx::Transaction<'static, Sqlite>> {
        let begun = if writes {
            self.writer.begin_with("BEGIN IMMEDIATE").await
        } else {
            self.readers.begin().await
        };
        begun.map_err(|error| StoreError::new("begin a transaction", error))
    }

    /// Waits for running transactions and closes the file.
    pub(in crate::store) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }
}
