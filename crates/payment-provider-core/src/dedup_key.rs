use std::fmt;

use serde::{Deserialize, Serialize};

/// The identity of one state change at the gateway, the same for every channel that reports it.
///
/// Unique within a connection. Never derived from an unsigned header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DedupKey(String);

impl DedupKey {
    /// Creates the key of an object of this kind that has reached these states.
    pub(crate) fn of(kind: &str, states: &[StateWord<'_>], id: impl fmt::Display) -> Self {
        let mut key = format!("{kind}:");
        for state in states {
            // Keeps a term of the gateway distinct from a term of this crate.
            key.push_str(if state.known { "" } else { "?" });
            key.push_str(state.word);
            key.push(':');
        }
        Self(format!("{key}{id}"))
    }

    /// Returns the key as text, to be stored under a unique constraint.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One term of a state, with a flag for terms that this crate defines.
pub(crate) struct StateWord<'a> {
    word: &'a str,
    known: bool,
}

impl<'a> StateWord<'a> {
    pub(crate) const fn new(word: &'a str, known: bool) -> Self {
        Self { word, known }
    }
}
