//! Reading of responses and of failed calls.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{Effect, ProviderErrorKind};
use reqwest::Response;
use serde_json::Value;

use super::call_error::CallError;
use super::client::Api;
use super::response::ApiResponse;
use crate::flaw::Flaw;

const MAX_RESPONSE_BYTES: usize = 256 * 1024;

impl Api {
    /// Returns the error of a call without a response. Only if no connection was made is it certain
    /// that nothing was sent.
    pub(super) fn unanswered(&self, error: reqwest::Error) -> CallError {
        let kind = if error.is_timeout() {
            ProviderErrorKind::Timeout
        } else {
            ProviderErrorKind::Connection
        };
        let certain = error.is_connect() && !self.profile.has(Flaw::NotSentIsUncertain);
        let effect = if certain {
            Effect::NotSent
        } else if self.profile.has(match kind {
            ProviderErrorKind::Timeout => Flaw::TimeoutIsRejection,
            _ => Flaw::BrokenConnectionIsRejection,
        }) {
            Effect::Rejected
        } else {
            Effect::MaybeApplied
        };
        let failed = CallError::new(kind, effect).transient();
        if self.profile.has(Flaw::UrlInErrors) {
            return failed.with_source(error);
        }
        failed.with_source(error.without_url())
    }

    pub(super) async fn read(&self, mut response: Response) -> Result<ApiResponse, CallError> {
        let status = response.status();
        let headers = response.headers();
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let request_id = header("acme-request-id");
        let wait = header("retry-after").and_then(|wait| wait.parse().ok());
        let replayed = header("acme-replayed").is_some();
        let outcome = if status.is_success() {
            let body = self.read_body(&mut response).await;
            body.and_then(|body| self.parse(&body))
        } else {
            let body = self.read_body(&mut response).await.unwrap_or_default();
            let wait = wait.map(Duration::from_secs);
            Err(self.refusal(status, &body, wait))
        };
        match outcome {
            Ok(document) => Ok(ApiResponse {
                document,
                replayed,
                attempt: 1,
            }),
            Err(mut error) => {
                error.status = Some(status.as_u16());
                error.request_id = request_id;
                Err(error)
            }
        }
    }

    async fn read_body(&self, response: &mut Response) -> Result<Bytes, CallError> {
        let mut body = BytesMut::new();
        let limit = if self.profile.has(Flaw::ReadsWithoutLimit) {
            usize::MAX
        } else {
            MAX_RESPONSE_BYTES
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                    let kind = ProviderErrorKind::UnreadableAnswer;
                    return Err(CallError::new(kind, Effect::MaybeApplied));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body.freeze()),
                Err(error) => {
                    let mut error = self.unanswered(error);
                    if self.profile.has(Flaw::BrokenBodyIsRejection) {
                        error.effect = Effect::Rejected;
                    }
                    return Err(error);
                }
            }
        }
    }

    fn parse(&self, body: &[u8]) -> Result<Value, CallError> {
        match serde_json::from_slice(body) {
            Ok(document @ Value::Object(_)) => Ok(document),
            _ if self.profile.has(Flaw::UnreadableSuccessIsRejection) => Err(CallError::new(
                ProviderErrorKind::UnreadableAnswer,
                Effect::Rejected,
            )),
            _ => Err(CallError::unreadable()),
        }
    }

    fn refusal(&self, status: StatusCode, body: &[u8], wait: Option<Duration>) -> CallError {
        let profile = self.profile;
        let kind = match status.as_u16() {
            300..400 => {
                return CallError::new(ProviderErrorKind::UnreadableAnswer, Effect::MaybeApplied);
            }
            401 | 403 => ProviderErrorKind::Authentication,
            404 => ProviderErrorKind::NotFound,
            409 => ProviderErrorKind::Conflict,
            400 | 422 => ProviderErrorKind::InvalidRequest,
            429 => ProviderErrorKind::RateLimited,
            500.. => ProviderErrorKind::Unavailable,
            _ => ProviderErrorKind::Refused,
        };
        let server =
            kind == ProviderErrorKind::Unavailable && !profile.has(Flaw::ServerErrorIsRejection);
        let effect = if server {
            Effect::MaybeApplied
        } else {
            Effect::Rejected
        };
        let mut error = CallError::new(kind, effect);
        error.transient = kind == ProviderErrorKind::Unavailable;
        if kind == ProviderErrorKind::RateLimited && !profile.has(Flaw::AdviceIgnoresRetryAfter) {
            error.wait = Some(wait.unwrap_or(Duration::from_mins(1)));
        }
        if kind == ProviderErrorKind::Authentication && profile.has(Flaw::SecretInErrorSource) {
            let text = format!("refused: {}", self.secret.expose_secret());
            error = error.with_source(text);
        }
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| document["error"][name].as_str().map(str::to_owned);
        error.code = text("code");
        error.message = text("message");
        error.add_violation(text("field").as_deref());
        error
    }
}
