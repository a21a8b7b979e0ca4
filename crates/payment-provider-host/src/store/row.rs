//! Typed values in the columns of a row.

use std::str::FromStr;

use payment_provider_core::DedupKey;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::nul_escape::unescaped_key;
use super::{Result, StoreError};

/// A row of whichever database. An error names the column, not the content.
#[derive(Clone, Copy)]
pub(in crate::store) enum Row<'r> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'r sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(&'r sqlx::postgres::PgRow),
}

/// Reads one column as one Rust type.
macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            #[cfg(feature = "sqlite")]
            Row::Sqlite(row) => sqlx::Row::try_get(*row, $column),
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => sqlx::Row::try_get(*row, $column),
        }
        .map_err(|_| unreadable($column))
    };
}

impl Row<'_> {
    pub(in crate::store) fn number(&self, column: &'static str) -> Result<i64> {
        get!(self, column)
    }

    pub(in crate::store) fn optional_number(&self, column: &'static str) -> Result<Option<i64>> {
        get!(self, column)
    }

    pub(in crate::store) fn text(&self, column: &'static str) -> Result<String> {
        get!(self, column)
    }

    pub(in crate::store) fn optional_text(&self, column: &'static str) -> Result<Option<String>> {
        get!(self, column)
    }

    pub(in crate::store) fn bytes(&self, column: &'static str) -> Result<Vec<u8>> {
        get!(self, column)
    }

    pub(in crate::store) fn flag(&self, column: &'static str) -> Result<bool> {
        get!(self, column)
    }

    pub(in crate::store) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.text(column)?.parse().map_err(|_| unreadable(column))
    }

    pub(in crate::store) fn optional_parsed<T: FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        self.optional_text(column)?
            .map(|text| text.parse().map_err(|_| unreadable(column)))
            .transpose()
    }

    pub(in crate::store) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(|_| unreadable(column))
    }

    /// Reads a unit variant of an enum, stored by its name.
    pub(in crate::store) fn variant<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        from_name(&self.text(column)?, column)
    }

    pub(in crate::store) fn dedup_key(&self, column: &'static str) -> Result<DedupKey> {
        from_name(&unescaped_key(self.text(column)?), column)
    }

    pub(in crate::store) fn optional_variant<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        self.optional_text(column)?
            .map(|name| from_name(&name, column))
            .transpose()
    }
}

fn unreadable(column: &'static str) -> StoreError {
    StoreError::new(
        "read a row",
        format!("column {column} holds a value that cannot be read"),
    )
}

fn from_name<T: DeserializeOwned>(name: &str, column: &'static str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| unreadable(column))
}

/// The name under which a unit variant of an enum is stored.
pub(in crate::store) fn variant_name(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(StoreError::new(
            "write a row",
            "a value is no unit variant of an enum",
        )),
    }
}

pub(in crate::store) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::new("write a row", error))
}
