use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use super::lists::named;

/// The name of the schema that holds the runtime's tables: 1 to 63 of `a-z 0-9 _`, not beginning with
/// a digit or `pg_`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SchemaName(Arc<str>);

/// A text that is no name for a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a schema is named by 1 to 63 of `a-z 0-9 _`, not beginning with a digit or `pg_`, and not \
     `information_schema`"
)]
pub struct InvalidSchemaName;

impl SchemaName {
    /// Checks a name.
    ///
    /// # Errors
    /// It would need quotes, or belongs to the database.
    pub fn new(name: &str) -> Result<Self, InvalidSchemaName> {
        let begins = name.bytes().next();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = begins.is_some_and(|first| !first.is_ascii_digit())
            && name.len() <= 63
            && name.bytes().all(plain)
            && !name.starts_with("pg_")
            && name != "information_schema";
        if fits {
            Ok(Self(name.into()))
        } else {
            Err(InvalidSchemaName)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A statement in which `@` stands before the name of each of the runtime's tables, and
    /// [`#`](named) before that of one whose columns are meant. A validated name and texts of this
    /// crate are all there is in it.
    pub(super) fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        let text = named(text);
        let mut sql = String::with_capacity(text.len() + 64);
        for (number, part) in text.split('@').enumerate() {
            if number > 0 {
                sql.push('"');
                sql.push_str(&self.0);
                sql.push_str("\".");
            }
            sql.push_str(part);
        }
        AssertSqlSafe(sql)
    }

    /// The key of an advisory lock about something of this schema. Another user of such locks in the
    /// database, or another thing here, has the same one once in 2^64; then the two wait for each
    /// other, and nothing else happens.
    pub(super) fn lock_key(&self, parts: &[&str]) -> i64 {
        let mut hash = Sha256::new();
        for part in ["payment-provider", self.as_str()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut key = [0; 8];
        key.copy_from_slice(&digest[..8]);
        i64::from_be_bytes(key)
    }
}

impl Default for SchemaName {
    /// `payment_provider`.
    fn default() -> Self {
        Self("payment_provider".into())
    }
}

impl FromStr for SchemaName {
    type Err = InvalidSchemaName;

    fn from_str(name: &str) -> Result<Self, InvalidSchemaName> {
        Self::new(name)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_that_are_nobody_elses_are_accepted() {
        for good in ["payment_provider", "a", "_x9", &"a".repeat(63)] {
            assert_eq!(SchemaName::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "9a",
            "Payment",
            "a-b",
            "a.b",
            "a\"b",
            "a b",
            "a;",
            "pg_mine",
            "information_schema",
            "zwölf",
            &"a".repeat(64),
        ] {
            assert_eq!(SchemaName::new(bad), Err(InvalidSchemaName), "{bad}");
        }
    }

    #[test]
    fn every_table_is_named_with_its_schema() {
        let sql = SchemaName::default()
            .sql("SELECT 1 FROM @a JOIN @b USING (c)")
            .0;
        let named = r#"SELECT 1 FROM "payment_provider".a JOIN "payment_provider".b USING (c)"#;
        assert_eq!(sql, named);
    }

    #[test]
    fn keys_of_locks_differ_by_schema_and_by_each_part() {
        let (one, two) = (SchemaName::default(), SchemaName::new("two").unwrap());
        assert_eq!(one.lock_key(&["a", "b"]), one.lock_key(&["a", "b"]));
        assert_ne!(one.lock_key(&["a", "b"]), two.lock_key(&["a", "b"]));
        assert_ne!(one.lock_key(&["a", "b"]), one.lock_key(&["ab", ""]));
    }
}
