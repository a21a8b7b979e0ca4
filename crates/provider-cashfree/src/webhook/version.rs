//! The version of a delivery, which the dashboard sets for each webhook address:
//! <https://www.cashfree.com/docs/payments/online/webhooks/configure>.
//!
//! The same code reads all versions, since they differ only in which fields are present and how
//! numbers are written. The version is kept with the event for diagnosis.

use http::HeaderName;
use payment_provider_core::WebhookRequest;

static HEADER: HeaderName = HeaderName::from_static("x-webhook-version");

/// Known versions.
const KNOWN_VERSIONS: [&str; 7] = [
    "2021-05-21",
    "2021-09-21",
    "2022-01-01",
    "2022-09-01",
    "2023-08-01",
    "2025-01-01",
    "2026-01-01",
];

const MAX_LENGTH: usize = 32;

/// Returns the version from the header, which the signature does not cover.
pub(super) fn from_header(request: &WebhookRequest) -> Option<String> {
    let version = request.header(&HEADER).filter(|text| is_plain(text))?;
    if !KNOWN_VERSIONS.contains(&version) {
        tracing::warn!(version, "unknown webhook version");
    }
    Some(version.to_owned())
}

/// Returns the version from the body of a link event. Link events have their own version numbers.
pub(super) fn from_body(version: String) -> Option<String> {
    let version = Some(version).filter(|text| is_plain(text))?;
    if version != "1" {
        tracing::warn!(version, "unknown link event version");
    }
    Some(version)
}

fn is_plain(version: &str) -> bool {
    (1..=MAX_LENGTH).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic())
}
