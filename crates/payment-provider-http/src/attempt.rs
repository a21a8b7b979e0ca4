//! What is told of each attempt of a request: a span, and numbers where they are wanted.
//!
//! Names are those of OpenTelemetry's conventions for HTTP clients,
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>. The full address is
//! left out, since it holds ids.

use http::StatusCode;
use tokio::time::Instant;
use tracing::Span;
use url::Url;

use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Fault;
use crate::numbers;
use crate::route::Told;

/// One attempt of a request, from before it is sent until its answer is read.
pub(crate) struct Attempt<'a> {
    call: &'a Call<'a>,
    server: Server,
    begun: Instant,
    span: Span,
    /// The name of the counter of repetitions, if anything is counted.
    counter: Option<&'static str>,
}

/// Who is called.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) port: u16,
}

impl<'a> Attempt<'a> {
    /// Begins the attempt of this number, counted from 1.
    pub(crate) fn begin(
        call: &'a Call<'a>,
        url: &Url,
        number: u32,
        counter: Option<&'static str>,
    ) -> Self {
        let server = Server {
            address: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        };
        let span = call.route.span(&Told {
            operation: call.operation.as_str(),
            method: call.route.method().as_str(),
            template: call.route.template(),
            address: &server.address,
            port: server.port,
        });
        if number > 1 {
            span.record("http.request.resend_count", number - 1);
            if let Some(counter) = counter {
                numbers::resent(counter, &call.route, &server);
            }
        }
        Self {
            call,
            server,
            begun: Instant::now(),
            span,
            counter,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Tells what came of it.
    pub(crate) fn end(self, outcome: &Result<Answer, Fault>) {
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
        self.call.route.answered(&self.span, kind);
        if self.counter.is_some() {
            let took = self.begun.elapsed();
            numbers::took(&self.call.route, &self.server, status, error, took);
        }
    }
}
