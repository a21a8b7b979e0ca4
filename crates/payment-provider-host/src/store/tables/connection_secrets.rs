use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store};

/// The latest delivery that a secret of a connection verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretUseRow {
    pub connection_pk: i64,
    pub label: String,
    pub last_matched_at: i64,
}

pub(super) const COLUMNS: &[&str] = &["connection_pk", "label", "last_matched_at"];

pub(in crate::store) const OF_CONNECTIONS: &str =
    "SELECT #connection_secrets FROM @connection_secrets
     WHERE connection_pk {any $1} ORDER BY connection_pk, last_matched_at DESC, label";

impl Store {
    /// Returns the secrets of these connections that have ever verified a delivery, the latest used
    /// first.
    pub(crate) async fn secret_uses(&self, connections: &[i64]) -> Result<Vec<SecretUseRow>> {
        let used = |row: &Row<'_>| {
            Ok(SecretUseRow {
                connection_pk: row.number("connection_pk")?,
                label: row.text("label")?,
                last_matched_at: row.number("last_matched_at")?,
            })
        };
        let find = statement!("read the uses of secrets", OF_CONNECTIONS, connections);
        self.fetch_all(find, used).await
    }
}
