use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies one change of state at the gateway, the same through every channel that reports it.
///
/// Unique within a connection. Never derived from an unsigned header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DedupKey(String);

impl DedupKey {
    /// The key of an object of a kind having come to these states.
    pub(crate) fn of(kind: &str, states: &[StateWord<'_>], id: impl fmt::Display) -> Self {
        let mut key = format!("{kind}:");
        for state in states {
            // A gateway's own word must not be taken for one of ours.
            key.push_str(if state.known { "" } else { "?" });
            key.push_str(state.word);
            key.push(':');
        }
        Self(format!("{key}{id}"))
    }

    /// The key as text, to store under a unique constraint.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One word of a state, and whether it is one of this crate's.
pub(crate) struct StateWord<'a> {
    word: &'a str,
    known: bool,
}

impl<'a> StateWord<'a> {
    pub(crate) const fn new(word: &'a str, known: bool) -> Self {
        Self { word, known }
    }
}
