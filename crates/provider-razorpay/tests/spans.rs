//! The span of each attempt of a request: OpenTelemetry's attribute names, and no data of a payer
//! or a checkout.

mod fake;
mod support;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use payment_provider_conformance::wire::{WireFault, json};
use provider_razorpay::RetryTuning;
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
        if metadata.target().starts_with("provider_razorpay") {
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

fn port(stage: &Stage) -> u16 {
    stage.gateway.address().port().unwrap()
}

/// Returns the span of a successful call.
fn success(method: &str, template: &str, operation: &str) -> String {
    format!(
        "{method} {template} {{ http.request.method={method} http.response.status_code=200 \
         operation={operation} otel.kind=client server.address=127.0.0.1 server.port=(port) \
         url.template={template} }}"
    )
}

#[tokio::test]
async fn each_operation_records_exactly_these_spans() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    stage.fake.pay(REFERENCE, 5_000);
    let (spans, guard) = Spans::subscribe();
    let mut other = request();
    other.reference = "inv-2".parse().unwrap();
    for (name, outcome) in operations::all(&stage.provider, &other, &locator()).await {
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    let opened = other.reference.clone().into();
    stage.provider.cancel_checkout(&opened).await.unwrap();
    drop(guard);
    let links = "/payment_links";
    let expected = [
        success("GET", links, "check_connection"),
        success("POST", "/customers", "link_customer"),
        success("POST", links, "create_checkout"),
        success("GET", links, "fetch_checkout"),
        success("GET", links, "cancel_checkout"),
        success("PATCH", "/payment_links/{link_id}", "cancel_checkout"),
        success("GET", links, "list_payments"),
        success("GET", "/orders/{order_id}/payments", "list_payments"),
        success("GET", "/payments/{payment_id}/refunds", "list_refunds"),
        success("GET", links, "cancel_checkout"),
        success("POST", "/payment_links/{link_id}/cancel", "cancel_checkout"),
    ];
    assert_eq!(spans.lines(port(&stage)), expected);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_span_with_its_result() {
    let config = config()
        .with_operation_deadline(Duration::from_mins(10))
        .with_retry(RetryTuning::new().with_max_attempts(7));
    let stage = Stage::with(config, |settings| settings).await;
    stage.make().await;
    let mut too_many = json(
        429,
        r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"Too many requests"}}"#,
    );
    too_many
        .headers_mut()
        .insert("retry-after", "1".parse().unwrap());
    let away = json(302, "");
    for fault in [
        WireFault::ResetAfter,
        WireFault::HangAfter,
        WireFault::CloseMidBody,
        WireFault::ReplaceBefore(away),
        WireFault::ReplaceBefore(too_many),
        WireFault::ReplaceBefore(json(502, "<html>")),
    ] {
        stage.gateway.fault_next(fault);
    }
    let (spans, guard) = Spans::subscribe();
    stage.provider.fetch_checkout(&locator()).await.unwrap();
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
