//! Spans and metrics of each attempt.

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use payment_provider_core::Operation;
use payment_provider_http::{Request, describe_metrics, routes};
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

routes! {
    /// Calls without ids.
    enum Plain {
        /// Asks for all pages.
        List = GET "/pages",
    }
}

#[derive(Default)]
struct SpanFields {
    name: &'static str,
    target: &'static str,
    attributes: BTreeMap<&'static str, String>,
}

impl Visit for SpanFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.attributes.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.attributes.insert(field.name(), value.to_owned());
    }
}

/// Keeps the spans and events of this program.
#[derive(Clone, Default)]
struct Kept {
    next: Arc<AtomicU64>,
    spans: Arc<Mutex<BTreeMap<u64, SpanFields>>>,
    events: Arc<Mutex<Vec<String>>>,
}

impl tracing::Subscriber for Kept {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("telemetry")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let metadata = attributes.metadata();
        let mut stated = SpanFields {
            name: metadata.name(),
            target: metadata.target(),
            ..SpanFields::default()
        };
        attributes.record(&mut stated);
        self.spans.lock().unwrap().insert(id, stated);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(stated) = self.spans.lock().unwrap().get_mut(&span.into_u64()) {
            values.record(stated);
        }
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut stated = SpanFields::default();
        event.record(&mut stated);
        let parent = event.parent().map(Id::into_u64);
        self.events
            .lock()
            .unwrap()
            .push(format!("{parent:?} {:?}", stated.attributes));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_span_is_named_by_its_route_in_the_providers_own_module() {
    let acts = [
        reply(503, "", ""),
        reply(200, "", "{}"),
        reply(302, "", ""),
        reply(200, "", ""),
    ];
    let scripted = Scripted::acts(acts).await;
    let gateway = scripted.gateway(Acme::default());
    let kept = Kept::default();
    let guard = tracing::subscriber::set_default(kept.clone());
    let route = Route::Payment("canary", "canary/2");
    let payment = Request::new(Operation::ListPayments, route).with_query("q", "canary");
    gateway
        .read(&payment, deadline(), |_| Ok(()))
        .await
        .unwrap();
    let retry = gateway.retry_policy(deadline());
    gateway.send(&create(), &retry).await.unwrap_err();
    let list = Request::new(Operation::CheckConnection, Plain::List);
    gateway.send(&list, &retry).await.unwrap();
    drop(guard);
    assert_eq!(
        scripted.seen()[0].line,
        "GET /v1/pages/canary/payments/canary%2F2?q=canary"
    );

    let port = scripted.address.rsplit(':').next().unwrap();
    let spans = kept.spans.lock().unwrap();
    let lines: Vec<String> = spans
        .values()
        .map(|stated| format!("{} {} {:?}", stated.target, stated.name, stated.attributes))
        .map(|line| line.replace('"', "").replace(port, "(port)"))
        .collect();
    let payment = "GET /pages/{page_id}/payments/{payment_id}";
    let called = "server.address: 127.0.0.1, server.port: (port), url.template:";
    let expected = [
        format!(
            "telemetry::support {payment} {{error.type: 503, http.request.method: GET, \
             http.response.status_code: 503, operation: list_payments, otel.kind: client, \
             otel.status_code: ERROR, {called} /pages/{{page_id}}/payments/{{payment_id}}}}"
        ),
        format!(
            "telemetry::support {payment} {{http.request.method: GET, http.request.resend_count: 1, \
             http.response.status_code: 200, operation: list_payments, otel.kind: client, {called} \
             /pages/{{page_id}}/payments/{{payment_id}}}}"
        ),
        format!(
            "telemetry::support POST /pages {{error.type: unreadable_answer, \
             http.request.method: POST, http.response.status_code: 302, \
             operation: create_checkout, otel.kind: client, otel.status_code: ERROR, {called} \
             /pages}}"
        ),
        format!(
            "telemetry GET /pages {{http.request.method: GET, http.response.status_code: 200, \
             operation: check_connection, otel.kind: client, {called} /pages}}"
        ),
    ];
    assert_eq!(lines, expected);
    let events = kept.events.lock().unwrap();
    let expected = [
        r#"Some(1) {"kind": "unavailable", "message": "no success"}"#,
        r#"Some(2) {"message": "answered"}"#,
        r#"Some(3) {"kind": "unreadable_answer", "message": "no success"}"#,
        r#"Some(4) {"message": "answered"}"#,
    ];
    assert_eq!(*events, expected);
}

/// Keeps the names of all that is counted or described.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<Vec<String>>>);

struct Number(String, Counted);

impl Counted {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        self.1.push(format!("{} +{value}", self.0));
    }

    fn absolute(&self, value: u64) {
        self.1.push(format!("{} ={value}", self.0));
    }
}

impl HistogramFn for Number {
    fn record(&self, _: f64) {
        self.1.push(self.0.clone());
    }
}

impl Recorder for Counted {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.push(format!("what {} is", key.as_str()));
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.push(format!("what {} is", key.as_str()));
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.push(format!("what {} is", key.as_str()));
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Number(key.name().to_owned(), self.clone())))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Number(key.name().to_owned(), self.clone())))
    }
}

/// Returns the metrics of a fetch that succeeds at the second attempt.
async fn numbers_under(counter: Option<&'static str>) -> Vec<String> {
    let lines = Counted::default();
    let guard = metrics::set_default_local_recorder(&lines);
    if let Some(counter) = counter {
        describe_metrics(counter);
    }
    let scripted = Scripted::acts([reply(500, "", ""), reply(200, "", "")]).await;
    let gateway = scripted.gateway(Acme {
        counter,
        ..Acme::default()
    });
    gateway
        .read(&fetch(), deadline(), |_| Ok(()))
        .await
        .unwrap();
    drop(guard);
    let stated = lines.0.lock().unwrap();
    stated.clone()
}

#[tokio::test(start_paused = true)]
async fn repetitions_are_counted_under_the_providers_name() {
    let expected: &[&str] = if cfg!(feature = "metrics") {
        &[
            "what http.client.request.duration is",
            "what acme.resends is",
            "http.client.request.duration",
            "acme.resends +1",
            "http.client.request.duration",
        ]
    } else {
        &[]
    };
    assert_eq!(numbers_under(Some("acme.resends")).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_names_no_counter_is_not_counted() {
    assert_eq!(numbers_under(None).await, [""; 0]);
}
