//! Replays of first responses under idempotency keys.

use sha2::{Digest, Sha256};

use super::error::ApiError;
use crate::response::ApiResponse;
use crate::state::{CachedResponse, GatewayState, RequestKey};

/// Returns the stored response, or runs the call and stores its response. The flag is true for a replay.
pub(super) fn run_once(
    state: &mut GatewayState,
    key: Option<RequestKey>,
    body: &[u8],
    act: impl FnOnce(&mut GatewayState) -> ApiResponse,
) -> (ApiResponse, bool) {
    let Some(key) = key else {
        return (act(state), false);
    };
    let body_digest: [u8; 32] = Sha256::digest(body).into();
    if let Some(known) = state.idempotency.get(&key) {
        return if known.body_digest == body_digest {
            (known.response.clone(), true)
        } else {
            (ApiError::key_reused().into_api_response(), false)
        };
    }
    let response = act(state);
    let first = CachedResponse {
        body_digest,
        response: response.clone(),
    };
    state.idempotency.insert(key, first);
    (response, false)
}
