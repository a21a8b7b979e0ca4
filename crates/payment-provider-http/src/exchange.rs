//! One request on the wire, and how its answer is taken in.

use bytes::{Bytes, BytesMut};
use payment_provider_core::{Effect, ErrorKind};
use reqwest::Response;

use crate::answer::Answer;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::headers::Headers;
use crate::json::Unreadable;

/// Most bytes of an answer that are read: one mebibyte.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// Sends a request and reads what comes back, a success or not.
pub(crate) async fn exchange(
    request: reqwest::RequestBuilder,
    dialect: &dyn Dialect,
) -> Result<Answer, Fault> {
    match request.send().await {
        Ok(response) => receive(response, dialect).await,
        Err(error) => Err(unanswered(error)),
    }
}

/// Reads an answer. Of one that is no success the status line counts even if the body does not
/// come whole, or is too much.
async fn receive(mut response: Response, dialect: &dyn Dialect) -> Result<Answer, Fault> {
    let facts = dialect.facts(response.status(), Headers::new(response.headers()));
    match read_body(&mut response).await {
        Ok(body) => Ok(Answer::new(facts, body)),
        Err(_) if !facts.status.is_success() => Ok(Answer::new(facts, Bytes::new())),
        Err(fault) => Err(fault.with_facts(Some(facts))),
    }
}

async fn read_body(response: &mut Response) -> Result<Bytes, Fault> {
    let too_large = || {
        let what = Unreadable("body within the size limit");
        let mut fault = Fault::unreadable(what, None);
        fault.too_large = true;
        fault
    };
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).unwrap_or(usize::MAX) > MAX_ANSWER {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(broken(error, Effect::MaybeApplied)),
        }
    }
}

/// No answer came. Only if no connection could be made is it certain that nothing was sent.
fn unanswered(error: reqwest::Error) -> Fault {
    let never_left = error.is_connect() || error.is_builder();
    let effect = if never_left {
        Effect::NotSent
    } else {
        Effect::MaybeApplied
    };
    broken(error, effect)
}

fn broken(error: reqwest::Error, effect: Effect) -> Fault {
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Connection
    };
    Fault::new(kind, effect)
        .with_source(error.without_url())
        .repeatable()
}
