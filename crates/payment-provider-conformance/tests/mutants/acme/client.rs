//! Calls to the gateway, with retries.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::{Clock, Effect, ProviderErrorKind};
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use tracing::Instrument;
use url::Url;

use super::call_error::CallError;
use super::memory::{Shared, lock};
use super::response::ApiResponse;
use crate::flaw::{Flaw, Profile};

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ATTEMPTS: u32 = 3;
/// A longer wait is returned as retry advice.
const MAX_WAIT: Duration = Duration::from_secs(5);

pub(super) fn client(profile: Profile) -> Client {
    let policy = if profile.has(Flaw::FollowsRedirects) {
        Policy::limited(3)
    } else {
        Policy::none()
    };
    let builder = Client::builder().redirect(policy).no_proxy();
    let builder = builder.tls_certs_only([]).retry(reqwest::retry::never());
    let builder = if profile.has(Flaw::NoTimeout) || profile.has(Flaw::NoBodyTimeout) {
        builder
    } else {
        builder.timeout(TIMEOUT)
    };
    builder.build().expect("a client without certificates")
}

/// The API as one account calls it.
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) base: Url,
    pub(super) key: String,
    pub(super) secret: SecretString,
    pub(super) profile: Profile,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Arc<dyn Clock>,
    /// Number of connections made before this one.
    pub(super) number: usize,
}

pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Bytes>,
    pub(super) key: Option<String>,
}

impl<'a> Call<'a> {
    pub(super) const fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self {
            method,
            path,
            query: &[],
            body: None,
            key: None,
        }
    }

    pub(super) const fn get(path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, path)
    }
}

impl Api {
    /// Makes a call, with retries. Once an attempt may have been applied, the result stays
    /// uncertain whatever the later attempts return.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<ApiResponse, CallError> {
        let mut uncertain_error: Option<CallError> = None;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(call, attempt).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = self.pause(&error, call.key.is_some(), attempt);
            let uncertain = error.effect == Effect::MaybeApplied;
            let Some(pause) = pause else {
                return Err(match uncertain_error {
                    Some(uncertain_error)
                        if !uncertain && !self.profile.has(Flaw::LastAttemptDecides) =>
                    {
                        uncertain_error
                    }
                    _ => error,
                });
            };
            if uncertain {
                uncertain_error.get_or_insert(error);
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            attempt += 1;
        }
    }

    /// Returns the wait before the next attempt, or `None` if there is none.
    fn pause(&self, error: &CallError, creates: bool, attempt: u32) -> Option<Duration> {
        let profile = self.profile;
        let endless =
            profile.has(Flaw::RetriesWithoutEnd) && error.kind == ProviderErrorKind::Unavailable;
        let endless = endless && creates;
        let refused =
            profile.has(Flaw::RetriesRefusals) && error.kind == ProviderErrorKind::InvalidRequest;
        if attempt >= MAX_ATTEMPTS && !endless {
            return None;
        }
        let backoff = Duration::from_millis(200) * attempt;
        if let Some(wait) = error.wait {
            if profile.has(Flaw::SleepsThroughLongWaits) {
                return Some(wait);
            }
            let impatient = profile.has(Flaw::IgnoresRetryAfter);
            let pause = if impatient { backoff } else { wait };
            return (wait <= MAX_WAIT).then_some(pause);
        }
        if profile.has(Flaw::RetriesWithoutPause) {
            return error.transient.then_some(Duration::ZERO);
        }
        (error.transient || refused).then_some(backoff)
    }

    async fn attempt(&self, call: &Call<'_>, attempt: u32) -> Result<ApiResponse, CallError> {
        let method = call.method.as_str();
        let span = tracing::info_span!("acme call", method, attempt);
        if self.profile.has(Flaw::AuthorizationInSpans) {
            let secret = self.secret.expose_secret();
            let shown = tracing::info_span!("acme headers", authorization = secret);
            return self.once(call, attempt).instrument(shown).await;
        }
        self.once(call, attempt).instrument(span).await
    }

    pub(super) async fn once(
        &self,
        call: &Call<'_>,
        attempt: u32,
    ) -> Result<ApiResponse, CallError> {
        let mut url = self.base.clone();
        let cannot = || CallError::new(ProviderErrorKind::InvalidRequest, Effect::NotSent);
        url.path_segments_mut()
            .map_err(|()| cannot())?
            .pop_if_empty()
            .push("v1")
            .extend(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let (user, password) = self.credentials();
        let mut request = self.client.request(call.method.clone(), url);
        request = request.basic_auth(user, Some(password.expose_secret()));
        request = request.header("acme-try", attempt);
        if let Some(key) = &call.key {
            let fresh = self.profile.has(Flaw::NewIdempotencyKeyEachAttempt) && attempt > 1;
            let suffix = if fresh {
                attempt.to_string()
            } else {
                String::new()
            };
            request = request.header("acme-key", format!("{key}{suffix}"));
        }
        if let Some(body) = &call.body {
            request = request
                .header("content-type", "application/json")
                .body(self.body(body));
        }
        let sent = if self.profile.has(Flaw::NoBodyTimeout) {
            let silent = |_| CallError::new(ProviderErrorKind::Timeout, Effect::MaybeApplied);
            let sent = tokio::time::timeout(TIMEOUT, request.send());
            sent.await.map_err(silent)?
        } else {
            request.send().await
        };
        let response = sent.map_err(|error| self.unanswered(error))?;
        let mut answer = self.read(response).await?;
        answer.attempt = attempt;
        Ok(answer)
    }

    fn credentials(&self) -> (String, SecretString) {
        let last = lock(&self.shared.last_credentials).clone();
        match last {
            Some(last) if self.profile.has(Flaw::SharesCredentials) => last,
            _ => (self.key.clone(), self.secret.clone()),
        }
    }

    fn body(&self, body: &Bytes) -> Bytes {
        if !self.profile.has(Flaw::NewTimestampEachAttempt) {
            return body.clone();
        }
        let mut document: Value = serde_json::from_slice(body).unwrap_or_default();
        document["sent_at"] = self.now().as_nanosecond().to_string().into();
        document.to_string().into()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
