//! Typed values in the columns of a row, of whichever database.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;

use super::{Result, StoreError};

/// Reads typed values out of a row. What does not fit its type names its column, not its content.
pub(in crate::store) trait ReadColumn {
    fn number(&self, column: &'static str) -> Result<i64>;
    fn maybe_number(&self, column: &'static str) -> Result<Option<i64>>;
    fn text(&self, column: &'static str) -> Result<String>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>>;
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>>;
    fn flag(&self, column: &'static str) -> Result<bool>;

    fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.text(column)?.parse().map_err(|_| misfit(column))
    }

    fn maybe_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        self.maybe_text(column)?
            .map(|text| text.parse().map_err(|_| misfit(column)))
            .transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(|_| misfit(column))
    }

    /// A unit variant of an enum, stored as its word.
    fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        from_word(&self.text(column)?, column)
    }

    fn maybe_word<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>> {
        self.maybe_text(column)?
            .map(|word| from_word(&word, column))
            .transpose()
    }
}

macro_rules! read_columns {
    ($row:ty) => {
        impl ReadColumn for $row {
            fn number(&self, column: &'static str) -> Result<i64> {
                self.try_get(column).map_err(|_| misfit(column))
            }

            fn maybe_number(&self, column: &'static str) -> Result<Option<i64>> {
                self.try_get(column).map_err(|_| misfit(column))
            }

            fn text(&self, column: &'static str) -> Result<String> {
                self.try_get(column).map_err(|_| misfit(column))
            }

            fn maybe_text(&self, column: &'static str) -> Result<Option<String>> {
                self.try_get(column).map_err(|_| misfit(column))
            }

            fn bytes(&self, column: &'static str) -> Result<Vec<u8>> {
                self.try_get(column).map_err(|_| misfit(column))
            }

            fn flag(&self, column: &'static str) -> Result<bool> {
                self.try_get(column).map_err(|_| misfit(column))
            }
        }
    };
}

#[cfg(feature = "sqlite")]
read_columns!(sqlx::sqlite::SqliteRow);
#[cfg(feature = "postgres")]
read_columns!(sqlx::postgres::PgRow);

fn misfit(column: &'static str) -> StoreError {
    StoreError::new(
        "read a row",
        format!("column {column} does not hold what it should"),
    )
}

fn from_word<T: DeserializeOwned>(word: &str, column: &'static str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| misfit(column))
}

/// The word of a unit variant.
pub(in crate::store) fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::new(
            "write a row",
            "a value is not a single word",
        )),
    }
}

pub(in crate::store) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::new("write a row", error))
}
