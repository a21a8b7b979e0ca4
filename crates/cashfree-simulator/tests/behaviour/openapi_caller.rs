//! Calls the merchant API in process and validates every response against the official document.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use cashfree_simulator::{ManualClock, Simulator, SimulatorConfig};
use serde_json::Value;
use tower::ServiceExt;

use crate::gateway::{CLIENT, SECRET};
use crate::openapi_document::Judge;

/// A simulator, an API version, and the judge of its responses.
pub(crate) struct Caller<'a> {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) version: &'static str,
    pub(crate) judge: &'a mut Judge,
}

/// A response that matches the document.
#[derive(Debug)]
pub(crate) struct Fitting {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(version: &'static str, judge: &'a mut Judge) -> Self {
        let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
        let config = SimulatorConfig::new()
            .with_seed(7)
            .with_clock(Arc::clone(&clock) as _);
        Self {
            simulator: Simulator::new(config).unwrap(),
            clock,
            version,
            judge,
        }
    }

    /// Calls `path`, a path of the document, with `ids` in place of its parameters.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        ids: &[&str],
        body: Option<&Value>,
    ) -> Fitting {
        self.call_with(method, path, ids, body, &[]).await
    }

    /// Like [`call`](Self::call), with other headers. A header with an empty value is removed.
    pub(crate) async fn call_with(
        &mut self,
        method: Method,
        path: &str,
        ids: &[&str],
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Fitting {
        let (template, query) = path.split_once('?').unwrap_or((path, ""));
        let mut ids = ids.iter();
        let address: Vec<&str> = template
            .split('/')
            .map(|part| {
                if part.starts_with('{') {
                    ids.next().unwrap()
                } else {
                    part
                }
            })
            .collect();
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("/pg{}?{query}", address.join("/")));
        let usual = [
            ("x-client-id", CLIENT),
            ("x-client-secret", SECRET),
            ("x-api-version", self.version),
            ("content-type", "application/json"),
        ];
        let said = |name: &str| headers.iter().any(|(known, _)| *known == name);
        let all = usual.iter().filter(|(name, _)| !said(name)).chain(headers);
        for (name, value) in all.filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let response = self
            .simulator
            .router()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (status, headers): (u16, HeaderMap) =
            (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        self.judge.judge(
            (method.as_str(), template),
            self.version,
            status,
            &headers,
            text,
        );
        Fitting {
            status,
            body: serde_json::from_str(text).unwrap(),
        }
    }
}
