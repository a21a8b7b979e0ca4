use crate::refusal_reason::RefusalReason;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store};

/// The deliveries that a connection refused for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefusedRow {
    pub connection_pk: i64,
    pub reason: RefusalReason,
    pub refused: i64,
    pub last_refused_at: i64,
}

pub(super) const COLUMNS: &[&str] = &["connection_pk", "reason", "refused", "last_refused_at"];

pub(in crate::store) const OF_CONNECTIONS: &str =
    "SELECT #refused_deliveries FROM @refused_deliveries
     WHERE connection_pk {any $1} ORDER BY connection_pk, last_refused_at DESC, reason";

/// Adds to what this and other processes have counted. Waits for a concurrent deletion of the connection;
/// a deleted connection counts nothing.
pub(in crate::store) const ADD: &str = "WITH connected AS MATERIALIZED (
         SELECT connection_pk FROM @connections
         WHERE connection_pk = $1 AND deleted_at IS NULL {FOR KEY SHARE})
     INSERT INTO @refused_deliveries AS known (connection_pk, reason, refused, last_refused_at)
     SELECT connection_pk, $2, $3, $4 FROM connected WHERE true
     ON CONFLICT (connection_pk, reason) DO UPDATE SET
         refused = known.refused + excluded.refused,
         last_refused_at = CASE WHEN known.last_refused_at > excluded.last_refused_at
             THEN known.last_refused_at ELSE excluded.last_refused_at END";

impl Store {
    /// Adds refused deliveries to a connection, in one statement.
    pub(crate) async fn add_refused(&self, row: &RefusedRow) -> Result<()> {
        let RefusedRow {
            connection_pk,
            reason,
            refused,
            last_refused_at,
        } = *row;
        let reason = reason.as_str();
        let add = statement!(
            "count refused deliveries",
            ADD,
            connection_pk,
            reason,
            refused,
            last_refused_at,
        );
        self.execute(add).await?;
        Ok(())
    }

    /// Returns the refused deliveries of these connections, the latest reason first.
    pub(crate) async fn refused_deliveries(&self, connections: &[i64]) -> Result<Vec<RefusedRow>> {
        let refused = |row: &Row<'_>| {
            Ok(RefusedRow {
                connection_pk: row.number("connection_pk")?,
                reason: row.variant("reason")?,
                refused: row.number("refused")?,
                last_refused_at: row.number("last_refused_at")?,
            })
        };
        let find = statement!("read refused deliveries", OF_CONNECTIONS, connections);
        self.fetch_all(find, refused).await
    }
}
