//! First responses, stored under idempotency keys.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use crate::response::ApiResponse;

/// Maximum number of stored responses.
const MAX_RESPONSES: usize = 10_000;

/// The scope of an idempotency key: one merchant, method and path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    pub(crate) merchant: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) key: Vec<u8>,
}

/// The latest first responses.
#[derive(Debug, Default)]
pub(crate) struct IdempotencyCache {
    responses: HashMap<RequestKey, CachedResponse>,
    oldest_first: VecDeque<RequestKey>,
}

impl IdempotencyCache {
    /// Returns the response to the first request with this key.
    pub(crate) fn get(&self, key: &RequestKey) -> Option<&CachedResponse> {
        self.responses.get(key)
    }

    /// Stores the first response under a key, and drops the oldest one beyond the limit.
    pub(crate) fn insert(&mut self, key: RequestKey, response: CachedResponse) {
        self.insert_up_to(key, response, MAX_RESPONSES);
    }

    fn insert_up_to(&mut self, key: RequestKey, response: CachedResponse, max: usize) {
        self.oldest_first.push_back(key.clone());
        self.responses.insert(key, response);
        while self.oldest_first.len() > max {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.responses.remove(&oldest);
            }
        }
    }
}

/// The first response under a key, with the digest of the request body.
pub(crate) struct CachedResponse {
    pub(crate) body_digest: [u8; 32],
    pub(crate) response: ApiResponse,
}

impl fmt::Debug for CachedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedResponse")
            .field("status", &self.response.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_responses_are_dropped_first() {
        let key = |number: u8| RequestKey {
            merchant: String::new(),
            method: String::new(),
            path: String::new(),
            key: vec![number],
        };
        let mut cache = IdempotencyCache::default();
        for number in 0..5 {
            let response = CachedResponse {
                body_digest: [number; 32],
                response: ApiResponse::json(&number),
            };
            cache.insert_up_to(key(number), response, 3);
        }
        let known = (0..5).filter(|number| cache.responses.contains_key(&key(*number)));
        assert_eq!(known.collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(cache.oldest_first.len(), 3);
    }
}
