//! The signature of a delivery: `base64(HMAC-SHA256(client secret, timestamp header ++ raw body))`.
//! See
//! <https://www.cashfree.com/docs/payments/online/webhooks/signature-verification>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use payment_provider_core::{HmacKeyring, MatchedSecret, WebhookRequest};

/// Header names for signature and timestamp. The second pair is not documented but was observed in
/// use. The names of the two pairs are never combined.
static HEADERS: [(HeaderName, HeaderName); 2] = [
    (
        HeaderName::from_static("x-webhook-signature"),
        HeaderName::from_static("x-webhook-timestamp"),
    ),
    (
        HeaderName::from_static("x-cashfree-signature"),
        HeaderName::from_static("x-cashfree-timestamp"),
    ),
];

/// The secret that signed a delivery, and the signed timestamp.
pub(super) struct Signed<'a> {
    pub(super) secret: MatchedSecret,
    pub(super) timestamp: &'a str,
}

/// Returns true if a delivery carries a signature, right or wrong.
pub(super) fn is_signed(request: &WebhookRequest) -> bool {
    let mut names = HEADERS.iter();
    names.any(|(signature, _)| request.headers.contains_key(signature))
}

/// Returns the secret that signed the delivery; `None` for every kind of mismatch.
pub(super) fn signed_by<'a>(
    request: &'a WebhookRequest,
    keyring: &HmacKeyring,
) -> Option<Signed<'a>> {
    let (signature, timestamp) = HEADERS.iter().find_map(|(signature, timestamp)| {
        Some((request.header(signature)?, request.header(timestamp)?))
    })?;
    // Room for the longest text that may be decoded without an error of its own; a signature has 32 bytes.
    let mut bytes = [0; 64];
    let length = STANDARD.decode_slice(signature, &mut bytes).ok()?;
    let signature = bytes.get(..length)?;
    let secret = keyring.signer(signature, &[timestamp.as_bytes(), &request.body])?;
    Some(Signed { secret, timestamp })
}
