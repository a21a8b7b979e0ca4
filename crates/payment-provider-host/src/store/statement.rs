//! Statements, written once for SQLite and PostgreSQL.
//!
//! A text of SQL uses `$1`, `$2`, … for its parameters, which both databases take, and these marks:
//!
//! | mark | SQLite | PostgreSQL |
//! |---|---|---|
//! | `@table` | `table` | `"schema".table` |
//! | `#table` | the columns that rows of the table are read from, by name | the same |
//! | `{FOR …}` | nothing: a transaction that writes is alone | the row lock, in a transaction that writes |
//! | `{JOIN}` | `CROSS JOIN`: the tables are visited as written | `JOIN`: the planner decides by its statistics |
//! | `{any $1}` | `IN (SELECT value FROM json_each($1))` | `= ANY ($1)` |
//! | `{each $1}` | `json_each($1) AS listed` | `json_array_elements(…) … AS listed (value, key)` |
//!
//! No statement reads "all columns": a process that has prepared such a statement could not run it any
//! more after a later version, started beside it, has added a column.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::dialect::Dialect;
use super::two_texts::TwoTexts;
use super::value::Value;

/// The text of a statement.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Text {
    Common(&'static str),
    PerEngine(&'static TwoTexts),
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::Common(text)
    }
}

impl From<&'static TwoTexts> for Text {
    fn from(texts: &'static TwoTexts) -> Self {
        Self::PerEngine(texts)
    }
}

/// A statement with the values of its parameters.
#[derive(Debug)]
pub(in crate::store) struct Statement<'v> {
    /// Completes "the store failed to …".
    pub(super) action: &'static str,
    pub(super) text: Text,
    pub(super) values: Vec<Value<'v>>,
}

impl<'v> Statement<'v> {
    pub(in crate::store) fn new(action: &'static str, text: impl Into<Text>) -> Self {
        Self {
            action,
            text: text.into(),
            values: Vec::new(),
        }
    }

    /// Adds the value of the next parameter.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        self
    }
}

/// `statement!("read a payable", BY_PK, pk)`: a [`Statement`], and the values of its parameters.
macro_rules! statement {
    ($action:expr, $text:expr $(, $value:expr)* $(,)?) => {
        $crate::store::statement::Statement::new($action, $text)$(.bind($value))*
    };
}
pub(in crate::store) use statement;

/// Returns the columns that rows of a table are read from.
pub(in crate::store) type Columns = fn(&str) -> &'static [&'static str];

/// Translates texts into the SQL of one database, each once.
#[derive(Debug)]
pub(in crate::store) struct Translator {
    pub(super) dialect: Dialect,
    columns: Columns,
    /// By address and length of the text, and whether rows are locked.
    known: RwLock<HashMap<(usize, usize, bool), SqlStr>>,
}

impl Translator {
    pub(in crate::store) fn new(dialect: Dialect, columns: Columns) -> Self {
        Self {
            dialect,
            columns,
            known: RwLock::default(),
        }
    }

    /// The SQL of a statement, with its row locks or without.
    pub(in crate::store) fn sql(&self, text: Text, locks: bool) -> SqlStr {
        let text = match text {
            Text::Common(text) => text,
            Text::PerEngine(texts) => texts.of(&self.dialect),
        };
        let key = (text.as_ptr() as usize, text.len(), locks);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sql) = known.get(&key) {
            return sql.clone();
        }
        drop(known);
        let sql = AssertSqlSafe(std::sync::Arc::<str>::from(self.translate(text, locks)));
        let sql = sql.into_sql_str();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, sql.clone());
        sql
    }

    fn translate(&self, text: &str, locks: bool) -> String {
        let mut sql = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some(at) = rest.find(['@', '#', '{']) {
            sql.push_str(&rest[..at]);
            let mark = &rest[at..=at];
            rest = &rest[at + 1..];
            match mark {
                "@" => self.qualify(&mut sql),
                "#" => {
                    let end = rest.find(|letter| !in_name(letter)).unwrap_or(rest.len());
                    self.list_columns(&mut sql, &rest[..end]);
                    rest = &rest[end..];
                }
                _ => {
                    let end = rest.find('}').unwrap_or(rest.len());
                    self.clause(&mut sql, &rest[..end], locks);
                    rest = rest.get(end + 1..).unwrap_or_default();
                }
            }
        }
        sql.push_str(rest);
        sql
    }

    fn qualify(&self, sql: &mut String) {
        match &self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {}
            #[cfg(feature = "postgres")]
            Dialect::Postgres { schema } => {
                sql.push('"');
                sql.push_str(schema.as_str());
                sql.push_str("\".");
            }
        }
        let _ = sql;
    }

    /// Translates what stands in braces. What is no clause stays as it is; empty braces are JSON.
    fn clause(&self, sql: &mut String, clause: &str, locks: bool) {
        let (name, rest) = clause.split_once(' ').unwrap_or((clause, ""));
        let (sqlite, postgres) = match name {
            "FOR" if locks => (String::new(), clause.to_owned()),
            "FOR" => (String::new(), String::new()),
            "JOIN" => ("CROSS JOIN".to_owned(), "JOIN".to_owned()),
            "any" => (
                format!("IN (SELECT value FROM json_each({rest}))"),
                format!("= ANY ({rest})"),
            ),
            "each" => (
                format!("json_each({rest}) AS listed"),
                format!(
                    "json_array_elements(CAST({rest} AS json)) WITH ORDINALITY \
                     AS listed (value, key)"
                ),
            ),
            _ => {
                let literal = format!("{{{clause}}}");
                (literal.clone(), literal)
            }
        };
        sql.push_str(match &self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => &sqlite,
            #[cfg(feature = "postgres")]
            Dialect::Postgres { .. } => &postgres,
        });
        let _ = (sqlite, postgres);
    }

    /// Lists the columns of a table, each with the table's name. The database refuses an unknown
    /// table.
    fn list_columns(&self, sql: &mut String, table: &str) {
        for (number, column) in (self.columns)(table).iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            sql.extend([comma, table, ".", column, " AS ", column]);
        }
    }
}

fn in_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: &str = "SELECT #connection_secrets, '{}' FROM @connection_secrets {JOIN} @a \
         USING (b) WHERE c {any $1} AND d = $2 {FOR NO KEY UPDATE}";
    fn columns(_: &str) -> &'static [&'static str] {
        &["connection_pk", "label", "last_matched_at"]
    }

    const COLUMNS: &str = "SELECT connection_secrets.connection_pk AS connection_pk, \
         connection_secrets.label AS label, \
         connection_secrets.last_matched_at AS last_matched_at, '{}' FROM ";

    #[cfg(feature = "sqlite")]
    #[test]
    fn marks_become_clauses_of_sqlite() {
        let translator = Translator::new(Dialect::Sqlite, columns);
        let rest = "connection_secrets CROSS JOIN a USING (b) \
             WHERE c IN (SELECT value FROM json_each($1)) AND d = $2 ";
        for locks in [true, false] {
            let sql = translator.sql(MARKED.into(), locks);
            assert_eq!(sql.as_str(), format!("{COLUMNS}{rest}"));
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn marks_become_clauses_of_postgres() {
        let schema = crate::store::SchemaName::default();
        let translator = Translator::new(Dialect::Postgres { schema }, columns);
        let rest = "\"payment_provider\".connection_secrets JOIN \"payment_provider\".a USING (b) \
             WHERE c = ANY ($1) AND d = $2 ";
        for (locks, clause) in [(true, "FOR NO KEY UPDATE"), (false, "")] {
            // The second time from memory.
            for _ in 0..2 {
                let sql = translator.sql(MARKED.into(), locks);
                assert_eq!(sql.as_str(), format!("{COLUMNS}{rest}{clause}"));
            }
        }
    }
}
