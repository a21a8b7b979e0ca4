//! The version of a delivery's form, which the dashboard sets for each address:
//! <https://www.cashfree.com/docs/payments/online/webhooks/configure>.
//!
//! All versions are read by the same readers, since they differ only in which fields are there and
//! in how numbers are written. The version is kept with the event to explain it later.

use payment_provider_core::WebhookRequest;

const HEADER: &str = "x-webhook-version";

/// The versions that have been seen.
const SEEN: [&str; 7] = [
    "2021-05-21",
    "2021-09-21",
    "2022-01-01",
    "2022-09-01",
    "2023-08-01",
    "2025-01-01",
    "2026-01-01",
];

const MAX_LENGTH: usize = 32;

/// What the header says. It stands outside the signature.
pub(super) fn of_header(request: &WebhookRequest) -> Option<String> {
    let version = request.header(HEADER).filter(|text| is_plain(text))?;
    if !SEEN.contains(&version) {
        tracing::warn!(version, "a version of webhooks never seen before");
    }
    Some(version.to_owned())
}

/// What the body of a link event says, which counts its versions for itself.
pub(super) fn of_body(version: String) -> Option<String> {
    let version = Some(version).filter(|text| is_plain(text))?;
    if version != "1" {
        tracing::warn!(version, "a version of link events never seen before");
    }
    Some(version)
}

fn is_plain(version: &str) -> bool {
    (1..=MAX_LENGTH).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic())
}
