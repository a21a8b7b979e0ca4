//! Metrics of request durations and repetitions, for the recorder that the host installed. Without
//! the feature `metrics` nothing is counted.

use std::time::Duration;

use http::StatusCode;

use crate::route::Route;
use crate::server::Server;

/// The name and the unit are OpenTelemetry's:
/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-client>.
#[cfg(feature = "metrics")]
const DURATION: &str = "http.client.request.duration";

/// Tells the `metrics` recorder what the numbers are: the histogram `http.client.request.duration`,
/// and the counter of repetitions of this name, which is that of a provider's
/// [dialect](crate::Dialect::resends_counter). Does nothing without the feature `metrics`.
#[cfg_attr(
    not(feature = "metrics"),
    allow(unused_variables, reason = "nothing is counted")
)]
pub fn describe_metrics(resends: &'static str) {
    #[cfg(feature = "metrics")]
    {
        use metrics::Unit;
        metrics::describe_histogram!(
            DURATION,
            Unit::Seconds,
            "time from sending a request until its response was read or given up"
        );
        metrics::describe_counter!(resends, Unit::Count, "requests that were sent again");
    }
}

/// A request is sent again.
#[cfg_attr(
    not(feature = "metrics"),
    allow(unused_variables, reason = "nothing is counted")
)]
pub(crate) fn resent(resends: &'static str, route: &Route<'_>, server: &Server) {
    #[cfg(feature = "metrics")]
    metrics::counter!(resends, labels(route, server)).increment(1);
}

/// A request came to its end.
#[cfg_attr(
    not(feature = "metrics"),
    allow(unused_variables, reason = "nothing is counted")
)]
pub(crate) fn took(
    route: &Route<'_>,
    server: &Server,
    status: Option<StatusCode>,
    error: Option<&str>,
    time: Duration,
) {
    #[cfg(feature = "metrics")]
    {
        let mut labels = labels(route, server);
        if let Some(status) = status {
            let code = status.as_str().to_owned();
            labels.push(metrics::Label::new("http.response.status_code", code));
        }
        if let Some(error) = error {
            labels.push(metrics::Label::new("error.type", error.to_owned()));
        }
        metrics::histogram!(DURATION, labels).record(time);
    }
}

#[cfg(feature = "metrics")]
fn labels(route: &Route<'_>, server: &Server) -> Vec<metrics::Label> {
    use metrics::Label;
    vec![
        Label::new("http.request.method", route.method().as_str().to_owned()),
        Label::from_static_parts("url.template", route.template()),
        Label::new("server.address", server.address.clone()),
        Label::new("server.port", server.port.to_string()),
    ]
}
