//! Authentication and the API version of a call.

use http::HeaderMap;

use super::error::ApiError;
use crate::state::GatewayState;
use crate::version::ApiVersion;

/// Returns the client id of the account whose credentials are in the headers.
pub(super) fn authenticate(state: &GatewayState, headers: &HeaderMap) -> Result<String, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(client_id), Some(secret)) = (text("x-client-id"), text("x-client-secret")) else {
        return Err(ApiError::unauthenticated());
    };
    match state.merchant(client_id) {
        Some(merchant) if merchant.accepts(secret) => Ok(merchant.client_id.clone()),
        _ => Err(ApiError::unauthenticated()),
    }
}

/// Reads the API version from the header `x-api-version`.
pub(super) fn version(headers: &HeaderMap) -> Result<ApiVersion, ApiError> {
    let value = headers
        .get("x-api-version")
        .filter(|value| !value.is_empty())
        .ok_or_else(|| {
            ApiError::request(
                400,
                "version_missing",
                "the header x-api-version is missing",
            )
        })?;
    value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            ApiError::request(
                400,
                "version_invalid",
                "the header x-api-version names an unknown version",
            )
        })
}
