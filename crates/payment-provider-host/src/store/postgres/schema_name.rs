use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// The name of the PostgreSQL schema that holds the runtime's tables: 1 to 63 of `a-z 0-9 _`, not
/// beginning with a digit or `pg_`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SchemaName(Arc<str>);

/// The error of a text that is not a valid schema name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a schema name is 1 to 63 of `a-z 0-9 _`, does not begin with a digit or `pg_`, and is not \
     `information_schema`"
)]
pub struct InvalidSchemaName;

impl SchemaName {
    /// Checks a name.
    ///
    /// # Errors
    /// The name would need quotes, or is reserved by the database.
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

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key of an advisory lock on something in this schema. Two things share a key with
    /// a probability of 1 in 2^64, in this schema or with another user of advisory locks in the
    /// database. Then their transactions wait for each other, and nothing else happens.
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
    /// Returns `payment_provider`.
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
    fn only_unreserved_names_without_quotes_are_accepted() {
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
    fn lock_keys_differ_by_schema_and_by_each_part() {
        let (one, two) = (SchemaName::default(), SchemaName::new("two").unwrap());
        assert_eq!(one.lock_key(&["a", "b"]), one.lock_key(&["a", "b"]));
        assert_ne!(one.lock_key(&["a", "b"]), two.lock_key(&["a", "b"]));
        assert_ne!(one.lock_key(&["a", "b"]), one.lock_key(&["ab", ""]));
    }
}
