use std::fmt;

/// A failure of the store itself. Nothing was changed by the transaction it happened in.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {action}")]
pub struct StoreError {
    action: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub(crate) fn new(
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            source: source.into(),
        }
    }

    /// Another transaction was first with what this one found missing.
    #[cfg(feature = "postgres")]
    pub(crate) fn lost_race(action: &'static str) -> Self {
        Self::new(action, LostRace)
    }

    /// Whether the same may succeed later: the database is busy or away, or another transaction was
    /// in the way. What it refuses to write, or holds and cannot be read, stays as it is.
    pub fn is_transient(&self) -> bool {
        comes_of_passing(self)
    }

    /// Whether the database gave this one up so that another transaction could go on. What was done
    /// in it is undone, so the same can be done again at once.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_conflict(&self) -> bool {
        match self.source.downcast_ref::<sqlx::Error>() {
            Some(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| matches!(&*code, "40001" | "40P01")),
            _ => self.source.is::<LostRace>(),
        }
    }

    /// What the database said.
    pub(crate) fn reason(&self) -> &dyn std::error::Error {
        &*self.source
    }
}

/// Whether an error comes of the database being busy or away, or of another transaction in the way:
/// one of the store's, or of statements that a host ran in a transaction of it, whatever they are
/// wrapped in.
pub(crate) fn comes_of_passing(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| {
        let of_database = error.downcast_ref::<sqlx::Error>();
        error.is::<LostRace>() || of_database.is_some_and(is_passing)
    })
}

fn is_passing(error: &sqlx::Error) -> bool {
    use sqlx::Error::{
        BeginFailed, Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed,
    };
    match error {
        // A server that goes down ends a conversation half-way, at any point of it.
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed | BeginFailed => {
            true
        }
        Database(error) => passes(&**error),
        _ => false,
    }
}

#[derive(Debug)]
struct LostRace;

impl fmt::Display for LostRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another transaction was first")
    }
}

impl std::error::Error for LostRace {}

/// Whether what the database said passes.
fn passes(error: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    #[cfg(feature = "sqlite")]
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        // Busy, locked, a failed read or write, a full disk; the rest of the code is detail.
        return code
            .parse::<i32>()
            .is_ok_and(|code| [5, 6, 10, 13].contains(&(code & 0xff)));
    }
    #[cfg(feature = "postgres")]
    if error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        return is_passing_sqlstate(&code);
    }
    let _ = code;
    false
}

/// The classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html> that say nothing
/// about what was asked for.
#[cfg(feature = "postgres")]
fn is_passing_sqlstate(code: &str) -> bool {
    let by_class = matches!(
        code.get(..2),
        // The connection failed; too few resources; the disk or the system failed.
        Some("08" | "53" | "58")
    );
    by_class
        || matches!(
            code,
            // Given up for another transaction: a conflict, a deadlock, a lock not to be had.
            "40001" | "40P01" | "55P03"
            // Took longer than the database allows: a statement, a transaction, a session.
            | "57014" | "25P03" | "25P04" | "57P05"
            // Shut down, crashed, or starting.
            | "57P01" | "57P02" | "57P03"
            // A standby: the writable server is elsewhere by now. Or it is not ready yet.
            | "25006" | "55000"
            // A connection on which somebody left a transaction behind.
            | "25001" | "25P02"
            // A statement prepared before the tables were changed, or on another connection behind
            // the same pooler.
            | "0A000" | "26000" | "42P05"
        )
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "postgres")]
    #[test]
    fn codes_that_pass_are_told_from_those_that_stay() {
        use super::is_passing_sqlstate;
        for passes in [
            "08006", "08001", "53300", "53100", "57P01", "57P03", "40001", "40P01", "55P03",
            "58030", "25006", "57014", "25P02", "0A000", "26000",
        ] {
            assert!(is_passing_sqlstate(passes), "{passes}");
        }
        for stays in [
            "23505", "23514", "42P01", "28P01", "22021", "3D000", "42501", "",
        ] {
            assert!(!is_passing_sqlstate(stays), "{stays}");
        }
    }
}
