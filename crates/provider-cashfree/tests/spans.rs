//! The span of each attempt of a request: OpenTelemetry's attribute names, and no data of a payer
//! or a checkout.

mod support;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provider_cashfree::RetryTuning;
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The provider's spans, as `name{attribute=value ...}` with sorted attributes.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, RecordedSpan>>>);

#[derive(Default)]
struct RecordedSpan {
    name: &'static str,
    attributes: BTreeMap<&'static str, String>,
}

impl Visit for RecordedSpan {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.attributes.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.attributes.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target().starts_with("provider_cashfree") {
            let mut span = RecordedSpan {
                name: metadata.name(),
                ..RecordedSpan::default()
            };
            attributes.record(&mut span);
            self.0.lock().unwrap().insert(id.into_u64(), span);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some(span) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(span);
        }
    }
}

impl Spans {
    /// Subscribes on this thread. Span ids stay unique, because no span is closed.
    fn subscribe() -> (Self, DefaultGuard) {
        let spans = Self::default();
        let subscriber = SpanCounter::default().with(spans.clone());
        (spans, tracing::subscriber::set_default(subscriber))
    }

    /// Returns all spans so far in order, without the port, which the system chooses.
    fn lines(&self, port: u16) -> Vec<String> {
        let spans = self.0.lock().unwrap();
        let lines = spans.values().map(|span| {
            let mut line = String::new();
            for (name, value) in &span.attributes {
                let chosen_by_system = *name == "server.port" && *value == port.to_string();
                let value = if chosen_by_system { "(port)" } else { value };
                write!(line, " {name}={value}").unwrap();
            }
            format!("{} {{{} }}", span.name, line)
        });
        lines.collect()
    }
}

/// A minimal subscriber that numbers the spans.
#[derive(Default)]
struct SpanCounter(std::sync::atomic::AtomicU64);

impl tracing::Subscriber for SpanCounter {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn port(gateway: &Scripted) -> u16 {
    let url: url::Url = gateway.base_url.parse().unwrap();
    url.port().unwrap()
}

fn respond(request: &Seen) -> Act {
    match request.line().as_str() {
        "POST /pg/links" | "GET /pg/links/inv-1" => ok(link()),
        "POST /pg/links/inv-1/cancel" => ok(link_in("CANCELLED", "0")),
        "GET /pg/links/inv-1/orders?status=ALL" => {
            ok(r#"[{"order_id":"CFPay_x","order_status":"ACTIVE"}]"#)
        }
        "GET /pg/orders/CFPay_x/payments" | "GET /pg/orders/order-1/refunds" => ok("[]"),
        _ => not_found(),
    }
}

#[tokio::test]
async fn each_operation_records_exactly_these_spans() {
    let gateway = Scripted::handler(|_, request| respond(request)).await;
    let provider = connect(&gateway);
    let (spans, guard) = Spans::subscribe();
    for (name, outcome) in operations::all(&provider, &request(), &locator()).await {
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    drop(guard);
    let expected = [
        "GET /links/{link_id} { error.type=404 http.request.method=GET \
         http.response.status_code=404 operation=check_connection otel.kind=client \
         otel.status_code=ERROR server.address=127.0.0.1 server.port=(port) \
         url.template=/links/{link_id} }",
        "POST /links { http.request.method=POST http.response.status_code=200 \
         operation=create_checkout otel.kind=client server.address=127.0.0.1 server.port=(port) \
         url.template=/links }",
        "GET /links/{link_id} { http.request.method=GET http.response.status_code=200 \
         operation=fetch_checkout otel.kind=client server.address=127.0.0.1 server.port=(port) \
         url.template=/links/{link_id} }",
        "POST /links/{link_id}/cancel { http.request.method=POST http.response.status_code=200 \
         operation=cancel_checkout otel.kind=client server.address=127.0.0.1 server.port=(port) \
         url.template=/links/{link_id}/cancel }",
        "GET /links/{link_id}/orders { http.request.method=GET http.response.status_code=200 \
         operation=list_payments otel.kind=client server.address=127.0.0.1 server.port=(port) \
         url.template=/links/{link_id}/orders }",
        "GET /orders/{order_id}/payments { http.request.method=GET \
         http.response.status_code=200 operation=list_payments otel.kind=client \
         server.address=127.0.0.1 server.port=(port) url.template=/orders/{order_id}/payments }",
        "GET /orders/{order_id}/refunds { http.request.method=GET \
         http.response.status_code=200 operation=list_refunds otel.kind=client \
         server.address=127.0.0.1 server.port=(port) url.template=/orders/{order_id}/refunds }",
    ];
    assert_eq!(spans.lines(port(&gateway)), expected);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_span_with_its_result() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec();
    let acts = [
        Act::Close,
        Act::Hang,
        Act::Raw(half),
        reply(302, "").with("location", "http://127.0.0.1:9/"),
        refusal(429, "request_failed", "rate_limit_error").with("x-ratelimit-retry", "1"),
        refusal(502, "bank_processing_failure", "api_error"),
        ok(link()),
    ];
    let gateway = Scripted::acts(acts).await;
    let config = config()
        .with_operation_deadline(Duration::from_mins(10))
        .with_retry(RetryTuning::new().with_max_attempts(7));
    let provider = connect_with(config, &settings(&gateway.base_url));
    let (spans, guard) = Spans::subscribe();
    provider.fetch_checkout(&locator()).await.unwrap();
    drop(guard);
    let span: Vec<String> = spans
        .0
        .lock()
        .unwrap()
        .values()
        .map(|span| {
            let attribute = |name| span.attributes.get(name).map_or("-", String::as_str);
            [
                attribute("http.request.resend_count"),
                attribute("http.response.status_code"),
                attribute("error.type"),
                attribute("otel.status_code"),
            ]
            .join(" ")
        })
        .collect();
    let expected = [
        "- - connection ERROR",
        "1 - timeout ERROR",
        "2 200 connection ERROR",
        "3 302 unreadable_answer ERROR",
        "4 429 429 ERROR",
        "5 502 502 ERROR",
        "6 200 - -",
    ];
    assert_eq!(span, expected);
}
