//! The SDK takes links, orders and refunds through their lives; its models read each response.

use cross_crate_tests::{Program, Sdk};
use serde_json::from_value;

use crate::expected::{LINKS, ORDERS, REFUNDS, WITHOUT_ID};
use crate::script_output::OutputLine;

const V2023: &str = "2023-08-01";
const V2025: &str = "2025-01-01";
const V2026: &str = "2026-01-01";

/// The fields that the models leave out, by version of SDK and API. They leave out nothing else, and add and change
/// nothing.
///
/// The models of the SDK 5 are those of 2023-08-01.
const DROPPED: [(&str, &str, &str, &[&str]); 3] = [
    (
        "5.0.6",
        V2023,
        "PaymentEntity",
        &["order_currency", "payment_gateway_details"],
    ),
    (
        "5.0.6",
        V2025,
        "PaymentEntity",
        &[
            "international_payment",
            "order_currency",
            "payment_gateway_details",
        ],
    ),
    (
        "5.0.6",
        V2025,
        "RefundEntity",
        &[
            "charges_currency",
            "forex_conversion_handling_charge",
            "forex_conversion_handling_tax",
            "forex_conversion_rate",
        ],
    ),
];

#[tokio::test]
async fn sdk_5_reads_every_answer() {
    if let Some(sdk) = Sdk::five() {
        reads_every_answer(&sdk, &[V2023, V2025]).await;
    }
}

#[tokio::test]
async fn sdk_6_reads_every_answer() {
    if let Some(sdk) = Sdk::six() {
        reads_every_answer(&sdk, &[V2023, V2025, V2026]).await;
    }
}

async fn reads_every_answer(sdk: &Sdk, versions: &[&str]) {
    let mut simulator = Program::start("cashfree-simulator", &["--listen", "127.0.0.1:0"], &[]);
    let url = simulator.line_after("listening on ").await;
    let mut arguments = vec![url.trim_end_matches('/')];
    arguments.extend(versions);
    let lines = sdk.run("life_cycle.py", &arguments, Vec::new()).await;
    let mut lines: Vec<OutputLine> = lines
        .into_iter()
        .map(|line| from_value(line).expect("a line as agreed"))
        .collect();
    assert_eq!(lines.pop().map(|last| last.step).as_deref(), Some("end"));

    let runs: Vec<&[OutputLine]> = lines.split(|line| line.step == "begin").skip(1).collect();
    assert_eq!(runs.len(), versions.len());
    for (version, run) in versions.iter().zip(runs) {
        let who = format!("cashfree-pg {}, API {version}", sdk.version);
        let steps = expected(version);
        for (line, step) in run.iter().zip(&steps) {
            assert_eq!(line.in_short(), *step, "{who}: {line:?}");
        }
        assert_eq!(run.len(), steps.len(), "{who}");
        for line in run {
            assert_eq!(line.dropped, dropped(sdk, version, line), "{who}: {line:?}");
            assert!(
                line.added.is_empty() && line.changed.is_empty(),
                "{who}: {line:?}"
            );
        }
        let key: Vec<_> = run.iter().filter(|line| line.has_key()).collect();
        assert_eq!(key.len(), 2, "{who}");
        assert_eq!(key[0].answer, key[1].answer, "{who}");
        let read = run.iter().filter(|line| line.models.is_some()).count();
        println!("{who}: {read} answers read by the SDK's models");
    }
    simulator.kill().await;
}

/// Returns every expected step of one version.
fn expected(version: &str) -> Vec<&'static str> {
    let mut steps = LINKS.to_vec();
    if version == V2026 {
        let before = steps
            .iter()
            .position(|step| step.starts_with("unknown link"));
        steps.insert(before.expect("a step"), WITHOUT_ID);
    }
    steps.extend(ORDERS);
    steps.extend(REFUNDS);
    steps
}

/// Returns the fields that the models leave out of a response, or of each response in a list.
fn dropped(sdk: &Sdk, version: &str, line: &OutputLine) -> Vec<String> {
    let models = line.models.iter().flatten();
    let fields = models.flat_map(|model| {
        let known = DROPPED
            .iter()
            .filter(|known| (known.0, known.1, known.2) == (sdk.version, version, model));
        known.flat_map(|known| known.3)
    });
    let list = if line.answer.is_array() { "[]." } else { "" };
    fields.map(|field| format!("{list}{field}")).collect()
}
