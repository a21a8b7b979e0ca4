//! What is told of each attempt of a request: a span, and numbers where they are wanted.
//!
//! Names are those of OpenTelemetry's conventions for HTTP clients,
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>. The full address is
//! left out, since it holds ids.

use http::StatusCode;
use tokio::time::Instant;
use tracing::{Span, field};
use url::Url;

use super::answer::Answer;
use super::call::{Call, Route};
use super::fault::Fault;
use super::numbers;

/// A span that is named by a literal, as spans have to be.
macro_rules! span {
    ($name:literal, $call:expr, $server:expr) => {
        tracing::info_span!(
            $name,
            otel.kind = "client",
            otel.status_code = field::Empty,
            operation = $call.operation.as_str(),
            http.request.method = $call.route.method().as_str(),
            url.template = $call.route.template(),
            server.address = $server.address,
            server.port = $server.port,
            http.request.resend_count = field::Empty,
            http.response.status_code = field::Empty,
            error.type = field::Empty,
        )
    };
}

/// One attempt of a request, from before it is sent until its answer is read.
pub(super) struct Attempt<'a> {
    call: &'a Call<'a>,
    server: Server,
    begun: Instant,
    span: Span,
}

/// Who is called.
pub(super) struct Server {
    pub(super) address: String,
    pub(super) port: u16,
}

impl<'a> Attempt<'a> {
    /// Begins the attempt of this number, counted from 1.
    pub(super) fn begin(call: &'a Call<'a>, url: &Url, number: u32) -> Self {
        let server = Server {
            address: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        };
        let span = match call.route {
            Route::CreateLink => span!("POST /links", call, server),
            Route::FetchLink(_) => span!("GET /links/{link_id}", call, server),
            Route::CancelLink(_) => span!("POST /links/{link_id}/cancel", call, server),
            Route::LinkOrders(_) => span!("GET /links/{link_id}/orders", call, server),
            Route::OrderPayments(_) => span!("GET /orders/{order_id}/payments", call, server),
        };
        if number > 1 {
            span.record("http.request.resend_count", number - 1);
            numbers::resent(call.route, &server);
        }
        Self {
            call,
            server,
            begun: Instant::now(),
            span,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Tells what came of it.
    pub(super) fn end(self, outcome: &Result<Answer, Fault>) {
        let (facts, kind) = match outcome {
            Ok(answer) => (Some(&answer.facts), None),
            Err(fault) => (fault.facts.as_deref(), Some(fault.kind.as_str())),
        };
        let status = facts.map(|facts| facts.status);
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
        match kind {
            None => tracing::debug!(parent: &self.span, "answered"),
            Some(kind) => tracing::debug!(parent: &self.span, kind, "no success"),
        }
        let took = self.begun.elapsed();
        numbers::took(self.call.route, &self.server, status, error, took);
    }
}
