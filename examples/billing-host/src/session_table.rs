//! The table of the sessions that were ended before they expired, and the salt of the session key.

use payment_provider_host::Host;
use uuid::Uuid;

use crate::session::Session;
use crate::tables::{TableError, in_tx, on_pool};

/// Deletes at most `$2` rows whose sessions have expired before `$1`.
pub(crate) const DELETE_EXPIRED: &str = "DELETE FROM billing_ended_sessions WHERE session IN (
         SELECT session FROM billing_ended_sessions WHERE expires_at < $1
         ORDER BY expires_at LIMIT $2)";

/// Returns the salt of the session key, which all processes on this database share. Creates it if it
/// does not exist.
pub(crate) async fn salt(host: &Host) -> Result<Vec<u8>, TableError> {
    const SQL: &str = "INSERT INTO billing_session_salt (only_row, salt) VALUES (1, $1)
         ON CONFLICT (only_row) DO UPDATE SET only_row = excluded.only_row
         RETURNING salt";
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    let mut tx = host.begin().await?;
    let salt = in_tx!(&mut tx, connection => {
        sqlx::query_scalar(SQL).bind(random.concat()).fetch_one(connection).await
    })?;
    host.commit(tx).await?;
    Ok(salt)
}

/// Records that a session was ended, for all processes. Only sessions of signed-in visitors are recorded:
/// any visitor can have any number of others.
pub(crate) async fn end(host: &Host, session: &Session) -> Result<(), TableError> {
    const INSERT: &str = "INSERT INTO billing_ended_sessions (session, expires_at) VALUES ($1, $2)
         ON CONFLICT (session) DO NOTHING";
    if !session.signed_in {
        return Ok(());
    }
    let mut tx = host.begin().await?;
    in_tx!(&mut tx, connection => {
        let insert = sqlx::query(INSERT).bind(session.hash()).bind(session.expires_at());
        insert.execute(connection).await?;
    });
    host.commit(tx).await?;
    Ok(())
}

/// Returns true if a session was ended, by this or another process. Reads one row by its key.
pub(crate) async fn is_ended(host: &Host, session: &Session) -> Result<bool, TableError> {
    const SQL: &str = "SELECT count(*) FROM billing_ended_sessions WHERE session = $1";
    let found: i64 = on_pool!(host, pool => {
        sqlx::query_scalar(SQL).bind(session.hash()).fetch_one(pool).await
    })?;
    Ok(found > 0)
}

/// Returns true if a session has neither expired nor been ended.
pub(crate) async fn is_current(host: &Host, session: &Session) -> Result<bool, TableError> {
    if session.is_expired() {
        return Ok(false);
    }
    Ok(!session.signed_in || !is_ended(host, session).await?)
}
