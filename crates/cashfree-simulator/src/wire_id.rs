//! Numeric ids of the gateway: integers in old versions, strings in new ones.

use serde::{Serialize, Serializer};

/// A numeric id in the form of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WireId {
    number: i64,
    as_string: bool,
}

impl WireId {
    pub(crate) const fn new(number: i64, as_string: bool) -> Self {
        Self { number, as_string }
    }
}

impl Serialize for WireId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.as_string {
            serializer.collect_str(&self.number)
        } else {
            serializer.serialize_i64(self.number)
        }
    }
}
