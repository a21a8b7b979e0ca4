//! What comes back of a call, if anything does.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{Effect, ErrorKind};
use reqwest::Response;
use serde_json::Value;

use super::answer::Answer;
use super::client::Api;
use super::fault::Fault;
use crate::flaw::Flaw;

const MAX_ANSWER: usize = 256 * 1024;

impl Api {
    /// Only where no connection was made is it certain that nothing was sent.
    pub(super) fn unanswered(&self, error: reqwest::Error) -> Fault {
        let kind = if error.is_timeout() {
            ErrorKind::Timeout
        } else {
            ErrorKind::Connection
        };
        let certain = error.is_connect() && !self.quirk.has(Flaw::NotSentIsUncertain);
        let effect = if certain {
            Effect::NotSent
        } else if self.quirk.has(match kind {
            ErrorKind::Timeout => Flaw::TimeoutIsFailure,
            _ => Flaw::BrokenIsFailure,
        }) {
            Effect::Rejected
        } else {
            Effect::MaybeApplied
        };
        let fault = Fault::new(kind, effect).passing();
        if self.quirk.has(Flaw::AddressInErrors) {
            return fault.with_source(error);
        }
        fault.with_source(error.without_url())
    }

    pub(super) async fn read(&self, mut response: Response) -> Result<Answer, Fault> {
        let status = response.status();
        let headers = response.headers();
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let request_id = header("acorn-request-id");
        let wait = header("retry-after").and_then(|wait| wait.parse().ok());
        let again = header("acorn-again").is_some();
        let outcome = if status.is_success() {
            let body = self.whole(&mut response).await;
            body.and_then(|body| self.understood(&body))
        } else {
            let body = self.whole(&mut response).await.unwrap_or_default();
            let wait = wait.map(Duration::from_secs);
            Err(self.refusal(status, &body, wait))
        };
        match outcome {
            Ok(document) => Ok(Answer {
                document,
                again,
                attempt: 1,
            }),
            Err(mut fault) => {
                fault.status = Some(status.as_u16());
                fault.request_id = request_id;
                Err(fault)
            }
        }
    }

    async fn whole(&self, response: &mut Response) -> Result<Bytes, Fault> {
        let mut body = BytesMut::new();
        let most = if self.quirk.has(Flaw::LivesThroughAnything) {
            usize::MAX
        } else {
            MAX_ANSWER
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > most => {
                    let kind = ErrorKind::UnreadableAnswer;
                    return Err(Fault::new(kind, Effect::MaybeApplied));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body.freeze()),
                Err(error) => {
                    let mut fault = self.unanswered(error);
                    if self.quirk.has(Flaw::BrokenBodyIsFailure) {
                        fault.effect = Effect::Rejected;
                    }
                    return Err(fault);
                }
            }
        }
    }

    fn understood(&self, body: &[u8]) -> Result<Value, Fault> {
        match serde_json::from_slice(body) {
            Ok(document @ Value::Object(_)) => Ok(document),
            _ if self.quirk.has(Flaw::UnreadableSuccessIsFailure) => {
                Err(Fault::new(ErrorKind::UnreadableAnswer, Effect::Rejected))
            }
            _ => Err(Fault::unreadable()),
        }
    }

    fn refusal(&self, status: StatusCode, body: &[u8], wait: Option<Duration>) -> Fault {
        let quirk = self.quirk;
        let kind = match status.as_u16() {
            300..400 => return Fault::new(ErrorKind::UnreadableAnswer, Effect::MaybeApplied),
            401 | 403 => ErrorKind::Authentication,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            400 | 422 => ErrorKind::InvalidRequest,
            429 => ErrorKind::RateLimited,
            500.. => ErrorKind::Unavailable,
            _ => ErrorKind::Refused,
        };
        let server = kind == ErrorKind::Unavailable && !quirk.has(Flaw::ServerErrorIsFailure);
        let effect = if server {
            Effect::MaybeApplied
        } else {
            Effect::Rejected
        };
        let mut fault = Fault::new(kind, effect);
        fault.passing = kind == ErrorKind::Unavailable;
        if kind == ErrorKind::RateLimited && !quirk.has(Flaw::AdviceIgnoresTheWait) {
            fault.wait = Some(wait.unwrap_or(Duration::from_mins(1)));
        }
        if kind == ErrorKind::Authentication && quirk.has(Flaw::SecretInErrorSource) {
            let text = format!("refused: {}", self.secret.expose_secret());
            fault = fault.with_source(text);
        }
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| document["error"][name].as_str().map(str::to_owned);
        fault.code = text("code");
        fault.message = text("message");
        fault.blame(text("field").as_deref());
        fault
    }
}
