//! The metrics recorded with the feature `metrics`, and their absence without it.

mod support;

use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use support::*;

/// A recorder that keeps each record as one line.
#[derive(Clone, Default)]
struct LineRecorder(Arc<Mutex<Vec<String>>>);

/// One metric with its name and labels.
struct Metric {
    name: String,
    recorder: LineRecorder,
}

impl LineRecorder {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn metric(&self, key: &Key) -> Arc<Metric> {
        let labels: Vec<String> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        Arc::new(Metric {
            name: format!("{} {}", key.name(), labels.join(" ")),
            recorder: self.clone(),
        })
    }

    fn describe(&self, key: &KeyName, unit: Option<Unit>) {
        let unit = unit.map_or("none", |unit| unit.as_str());
        let line = format!("{} is in {unit}", key.as_str());
        // Each factory describes the metrics again.
        let known = self.0.lock().unwrap().contains(&line);
        if !known {
            self.push(line);
        }
    }
}

impl CounterFn for Metric {
    fn increment(&self, value: u64) {
        self.recorder.push(format!("{} +{value}", self.name));
    }

    fn absolute(&self, value: u64) {
        self.recorder.push(format!("{} ={value}", self.name));
    }
}

impl HistogramFn for Metric {
    /// Keeps whole seconds only, since the remainder is not deterministic.
    fn record(&self, value: f64) {
        self.recorder
            .push(format!("{} {:.0}", self.name, value.trunc()));
    }
}

impl Recorder for LineRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.metric(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.push(format!("a gauge {}", key.name()));
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.metric(key))
    }
}

/// Runs a fetch that succeeds at the fourth attempt, and a creation that succeeds at once.
async fn scenario() -> Vec<String> {
    let recorder = LineRecorder::default();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let acts = [
        Act::Close,
        Act::Hang,
        refusal(500, "internal_error", "api_error"),
        ok(link()),
        ok(link()),
    ];
    let gateway = Scripted::acts(acts).await;
    let retry = provider_cashfree::RetryTuning::new().with_max_attempts(4);
    let provider = connect_with(config().with_retry(retry), &settings(&gateway.base_url));
    provider.fetch_checkout(&locator()).await.unwrap();
    provider
        .create_checkout(&prepared(&provider))
        .await
        .unwrap();
    let port = gateway
        .base_url
        .trim_end_matches("/pg")
        .rsplit(':')
        .next()
        .unwrap();
    let port = format!("server.port={port}");
    let lines = recorder.0.lock().unwrap();
    lines
        .iter()
        .map(|line| line.replace(&port, "server.port=(port)"))
        .collect()
}

#[cfg(feature = "metrics")]
#[tokio::test(start_paused = true)]
async fn each_attempt_is_timed_and_each_repetition_counted() {
    let fetch = "http.request.method=GET url.template=/links/{link_id} \
                 server.address=127.0.0.1 server.port=(port)";
    let create = "http.request.method=POST url.template=/links \
                  server.address=127.0.0.1 server.port=(port)";
    let took = "http.client.request.duration";
    let resent = format!("provider_cashfree.request.resends {fetch} +1");
    let expected = [
        format!("{took} is in seconds"),
        "provider_cashfree.request.resends is in count".to_owned(),
        format!("{took} {fetch} error.type=connection 0"),
        resent.clone(),
        // The request timeout in seconds.
        format!("{took} {fetch} error.type=timeout 10"),
        resent.clone(),
        format!("{took} {fetch} http.response.status_code=500 error.type=500 0"),
        resent,
        format!("{took} {fetch} http.response.status_code=200 0"),
        format!("{took} {create} http.response.status_code=200 0"),
    ];
    assert_eq!(scenario().await, expected);
}

#[cfg(not(feature = "metrics"))]
#[tokio::test(start_paused = true)]
async fn no_metrics_are_recorded_without_the_feature() {
    let heard = LineRecorder::default();
    metrics::with_local_recorder(&heard, || metrics::counter!("heard").increment(1));
    assert_eq!(
        *heard.0.lock().unwrap(),
        ["heard  +1"],
        "the recorder hears"
    );
    assert_eq!(scenario().await, Vec::<String>::new());
}
