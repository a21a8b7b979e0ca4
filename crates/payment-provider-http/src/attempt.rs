//! Telemetry of each attempt of a request: a span, and metrics if they are enabled.
//!
//! Names are those of OpenTelemetry's conventions for HTTP clients,
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>. The full address is
//! left out, since it holds ids.

use http::StatusCode;
use tokio::time::Instant;
use tracing::Span;
use url::Url;

use crate::call_error::CallError;
use crate::metrics;
use crate::request::Request;
use crate::response::Response;
use crate::route::SpanFields;
use crate::server::Server;

/// One attempt of a request, from before it is sent until its response is read.
pub(crate) struct Attempt<'a> {
    request: &'a Request<'a>,
    server: Server,
    begun: Instant,
    span: Span,
    /// The name of the counter of repetitions, if anything is counted.
    counter: Option<&'static str>,
}

impl<'a> Attempt<'a> {
    /// Begins the attempt of this number, counted from 1.
    pub(crate) fn begin(
        request: &'a Request<'a>,
        url: &Url,
        number: u32,
        counter: Option<&'static str>,
    ) -> Self {
        let server = Server::of(url);
        let span = request.route.span(&SpanFields {
            operation: request.operation.as_str(),
            method: request.route.method().as_str(),
            template: request.route.template(),
            address: &server.address,
            port: server.port,
        });
        if number > 1 {
            span.record("http.request.resend_count", number - 1);
            if let Some(counter) = counter {
                metrics::resent(counter, &request.route, &server);
            }
        }
        Self {
            request,
            server,
            begun: Instant::now(),
            span,
            counter,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Records the outcome in the span and in the metrics.
    pub(crate) fn end(self, outcome: &Result<Response, CallError>) {
        let (meta, kind) = match outcome {
            Ok(response) => (Some(&response.meta), None),
            Err(error) => (error.meta.as_deref(), Some(error.kind.as_str())),
        };
        let status = meta.map(|meta| meta.status);
        if let Some(status) = status {
            self.span
                .record("http.response.status_code", status.as_u16());
        }
        let refused = status.filter(|status| status.is_client_error() || status.is_server_error());
        let error = refused.as_ref().map(StatusCode::as_str).or(kind);
        if let Some(error) = error {
            self.span.record("error.type", error);
            self.span.record("otel.status_code", "ERROR");
        }
        self.request.route.answered(&self.span, kind);
        if self.counter.is_some() {
            let took = self.begun.elapsed();
            metrics::took(&self.request.route, &self.server, status, error, took);
        }
    }
}
