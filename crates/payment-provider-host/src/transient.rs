//! Transient database errors: they say nothing about the operation itself, which may succeed later.

use std::fmt;

/// The error of a transaction that lost a race: another one wrote first a row that it had found
/// missing.
#[derive(Debug)]
pub(crate) struct LostRace;

impl fmt::Display for LostRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another transaction was first")
    }
}

impl std::error::Error for LostRace {}

/// Returns true if an error is caused by a busy or unreachable database, or by a concurrent
/// transaction. Follows the chain of sources, so it also finds errors of statements that a host ran in
/// a transaction of the store and wrapped in its own error types.
pub(crate) fn is_transient(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| {
        let of_database = error.downcast_ref::<sqlx::Error>();
        error.is::<LostRace>() || of_database.is_some_and(is_transient_sqlx)
    })
}

fn is_transient_sqlx(error: &sqlx::Error) -> bool {
    use sqlx::Error::{
        BeginFailed, Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed,
    };
    match error {
        // A server that shuts down can close a connection at any point.
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed | BeginFailed => {
            true
        }
        Database(error) => is_transient_code(&**error),
        _ => false,
    }
}

fn is_transient_code(error: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    #[cfg(feature = "sqlite")]
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        // Busy, locked, a failed read or write, a full disk. The high bits of the code are detail.
        return code
            .parse::<i32>()
            .is_ok_and(|code| [5, 6, 10, 13].contains(&(code & 0xff)));
    }
    #[cfg(feature = "postgres")]
    if error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        return is_transient_sqlstate(&code);
    }
    let _ = code;
    false
}

/// Returns true for the SQLSTATE codes that say nothing about the statement itself; see
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
#[cfg(feature = "postgres")]
fn is_transient_sqlstate(code: &str) -> bool {
    let by_class = matches!(
        code.get(..2),
        // The connection failed; too few resources; the disk or the system failed.
        Some("08" | "53" | "58")
    );
    by_class
        || matches!(
            code,
            // Aborted in favour of another transaction: a serialization failure, a deadlock, a lock
            // timeout.
            "40001" | "40P01" | "55P03"
            // A timeout of the database: of a statement, a transaction or a session.
            | "57014" | "25P03" | "25P04" | "57P05"
            // Shut down, crashed, or starting.
            | "57P01" | "57P02" | "57P03"
            // A standby: the writable server is another one by now, or is not ready yet.
            | "25006" | "55000"
            // A connection on which other code left a transaction open.
            | "25001" | "25P02"
            // A statement that was prepared before the tables were changed, or on another connection
            // behind the same pooler.
            | "0A000" | "26000" | "42P05"
        )
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "postgres")]
    #[test]
    fn transient_codes_are_distinguished_from_permanent_ones() {
        use super::is_transient_sqlstate;
        for transient in [
            "08006", "08001", "53300", "53100", "57P01", "57P03", "40001", "40P01", "55P03",
            "58030", "25006", "57014", "25P02", "0A000", "26000",
        ] {
            assert!(is_transient_sqlstate(transient), "{transient}");
        }
        for permanent in [
            "23505", "23514", "42P01", "28P01", "22021", "3D000", "42501", "",
        ] {
            assert!(!is_transient_sqlstate(permanent), "{permanent}");
        }
    }
}
