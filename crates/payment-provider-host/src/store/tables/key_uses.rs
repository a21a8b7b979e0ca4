//! The keys under which the secrets of connections are encrypted, with the number of secrets of each.
//!
//! The column is a text, and an index over it answers which keys are in use by one search for each
//! text that occurs, however many connections there are.

use std::collections::BTreeMap;

use crate::encryption::{Ciphertext, KeyId};
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store};

const ACTION: &str = "read the keys of secrets";

pub(in crate::store) const NEXT: &str = "SELECT encryption_keys FROM @connections
     WHERE encryption_keys > $1 AND encryption_keys <> '' ORDER BY encryption_keys LIMIT 1";

pub(in crate::store) const COUNT: &str = "SELECT count(*) AS connections FROM @connections
     WHERE encryption_keys = $1 AND encryption_keys <> ''";

/// Returns the text of the column for the secrets of a connection.
pub(super) fn text(encrypted: &BTreeMap<String, Vec<Ciphertext>>) -> String {
    let mut counts: BTreeMap<&KeyId, usize> = BTreeMap::new();
    for secret in encrypted.values().flatten() {
        *counts.entry(secret.key()).or_default() += 1;
    }
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(key, count)| format!("{key}:{count}"))
        .collect();
    counts.join(",")
}

/// Returns the keys that a text of the column names, each with the number of its secrets.
fn parse(text: &str) -> impl Iterator<Item = (KeyId, u64)> {
    text.split(',').filter_map(|part| {
        let (key, count) = part.rsplit_once(':')?;
        Some((KeyId::stored(key), count.parse().ok()?))
    })
}

impl Store {
    /// Returns the keys under which secrets are encrypted and that are not among the `known` ones, by
    /// their ids, each with the number of its secrets.
    pub(crate) async fn unknown_keys(&self, known: &[KeyId]) -> Result<Vec<(KeyId, u64)>> {
        let mut found: BTreeMap<KeyId, u64> = BTreeMap::new();
        let mut after = String::new();
        loop {
            let next = statement!(ACTION, NEXT, &*after);
            let text = |row: &Row<'_>| row.text("encryption_keys");
            let Some(next) = self.fetch_optional(next, text).await? else {
                return Ok(found.into_iter().collect());
            };
            let wanted: Vec<_> = parse(&next)
                .filter(|(key, _)| !known.contains(key))
                .collect();
            if !wanted.is_empty() {
                let count = statement!(ACTION, COUNT, &*next);
                let number = |row: &Row<'_>| row.number("connections");
                let connections = self
                    .fetch_optional(count, number)
                    .await?
                    .unwrap_or_default();
                let connections = u64::try_from(connections).unwrap_or_default();
                for (key, secrets) in wanted {
                    *found.entry(key).or_default() += secrets * connections;
                }
            }
            after = next;
        }
    }
}
