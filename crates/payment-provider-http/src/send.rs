//! One request on the wire, and how its response is taken in.

use bytes::{Bytes, BytesMut};
use payment_provider_core::{Effect, ProviderErrorKind};

use crate::address_guard::RefusedAddress;
use crate::call_error::CallError;
use crate::clients::refused_name;
use crate::dialect::Dialect;
use crate::headers::Headers;
use crate::json::Unreadable;
use crate::response::Response;

/// Most bytes of a response that are read: one mebibyte.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// Sends a request and reads what comes back, a success or not.
pub(crate) async fn send(
    request: reqwest::RequestBuilder,
    dialect: &dyn Dialect,
) -> Result<Response, CallError> {
    match request.send().await {
        Ok(response) => receive(response, dialect).await,
        Err(error) => Err(unanswered(error)),
    }
}

/// Reads a response. Of one that is no success the status line counts even if the body does not
/// come whole, or is too much.
async fn receive(
    mut response: reqwest::Response,
    dialect: &dyn Dialect,
) -> Result<Response, CallError> {
    let meta = dialect.meta(response.status(), Headers::new(response.headers()));
    match read_body(&mut response).await {
        Ok(body) => Ok(Response::new(meta, body)),
        Err(_) if !meta.status.is_success() => Ok(Response::new(meta, Bytes::new())),
        Err(error) => Err(error.with_meta(Some(meta))),
    }
}

async fn read_body(response: &mut reqwest::Response) -> Result<Bytes, CallError> {
    let too_large = || {
        let what = Unreadable("body within the size limit");
        let mut error = CallError::unreadable(what, None);
        error.too_large = true;
        error
    };
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).unwrap_or(usize::MAX) > MAX_RESPONSE_BYTES {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_RESPONSE_BYTES => {
                return Err(too_large());
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(broken(error, Effect::MaybeApplied)),
        }
    }
}

/// No response came. Only if no connection could be made is it certain that nothing was sent.
fn unanswered(error: reqwest::Error) -> CallError {
    if RefusedAddress::caused(&error) {
        return refused_name(error.without_url());
    }
    let never_left = error.is_connect() || error.is_builder();
    let effect = if never_left {
        Effect::NotSent
    } else {
        Effect::MaybeApplied
    };
    broken(error, effect)
}

fn broken(error: reqwest::Error, effect: Effect) -> CallError {
    let kind = if error.is_timeout() {
        ProviderErrorKind::Timeout
    } else {
        ProviderErrorKind::Connection
    };
    CallError::new(kind, effect)
        .with_source(error.without_url())
        .repeatable()
}
