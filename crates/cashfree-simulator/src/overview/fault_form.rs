//! The form that adds a fault, and a summary of the active faults.

use serde_json::{Value, json};

use super::field::{Field, Form};
use super::form_data::{FormData, FormError, whole};
use crate::api_faults::{ApiFault, ApiOperation};
use crate::state::GatewayState;

pub(super) const SECTION: &str = "faults";

pub(super) fn fields(problem: Option<&FormError>) -> Vec<Field> {
    let form = Form {
        section: SECTION,
        problem,
    };
    let operations = ApiOperation::ALL
        .iter()
        .map(|operation| (operation.as_str(), operation.to_string()));
    let faults = ApiFault::ALL
        .iter()
        .map(|fault| (fault.as_str(), format!("{fault}: {}", description(*fault))));
    vec![
        form.select(
            "operation",
            "Operation",
            "The call of the merchant API that is hit.",
            operations,
            ApiOperation::CreateLink.as_str(),
        ),
        form.select(
            "fault",
            "Fault",
            "What goes wrong with it.",
            faults,
            ApiFault::DropAfterCommit.as_str(),
        ),
        form.number("times", "Times", "How many calls are hit.", "1"),
        form.number(
            "delay_ms",
            "Delay in milliseconds",
            "How long the answer, or its absence, is held back; up to 600000.",
            "0",
        ),
        form.number(
            "retry_seconds",
            "Wait in seconds",
            "What rate_limited tells to wait; up to 600.",
            "30",
        ),
    ]
}

/// Builds the control API's body.
pub(super) fn body(form_data: &FormData) -> Value {
    json!({
        "operation": form_data.get("operation"),
        "fault": form_data.get("fault"),
        "times": whole(form_data.text("times")),
        "delay_ms": whole(form_data.text("delay_ms")),
        "retry_seconds": whole(form_data.text("retry_seconds")),
    })
}

/// Describes the active faults: the queued ones and the standing ones.
pub(super) fn active_faults(state: &GatewayState) -> Vec<String> {
    let queued = state.faults.iter().map(|rule| {
        let times = if rule.times == 1 { "call" } else { "calls" };
        let delay = if rule.delay_ms == 0 {
            String::new()
        } else {
            format!(", after {} ms", rule.delay_ms)
        };
        format!(
            "{}: {} for the next {} {times}{delay}",
            rule.operation, rule.fault, rule.times
        )
    });
    let standing = state.settings.faults.iter();
    let standing =
        standing.map(|(operation, fault)| format!("{operation}: {fault} for every call"));
    queued.chain(standing).collect()
}

const fn description(fault: ApiFault) -> &'static str {
    match fault {
        ApiFault::DropBeforeCommit => "no answer, nothing done",
        ApiFault::DropAfterCommit => "done, but no answer",
        ApiFault::Error500Stored => "a 500 that repeats with its idempotency key, nothing done",
        ApiFault::Error400Stored => "a 400 that repeats with its idempotency key, nothing done",
        ApiFault::NotFoundStored => "a 404 that repeats with its idempotency key, nothing done",
        ApiFault::Error500AfterCommit => "done, but answered with a 500",
        ApiFault::Error500 => "a 500, nothing done",
        ApiFault::RateLimited => "a 429 with a wait, nothing done",
        ApiFault::Html502 => "a 502 page of HTML, nothing done",
        ApiFault::TruncatedJson => "done, but the answer breaks off",
        ApiFault::NotFound => "a 404 for what exists, nothing done",
        ApiFault::Delay => "done at once, answered late",
        ApiFault::ResetBeforeCommit => "connection reset, nothing done",
        ApiFault::ResetAfterCommit => "done, but the connection is reset",
        ApiFault::TimeoutBeforeCommit => "no answer for the delay or a minute, nothing done",
        ApiFault::TimeoutAfterCommit => "done, but no answer for the delay or a minute",
        ApiFault::RateLimitedStored => "a 429 that repeats with its idempotency key, nothing done",
        ApiFault::NumbersAsStrings => "done, but numbers in the answer are strings",
        ApiFault::Nulls => "done, but the answer's values are null",
        ApiFault::Objects => "done, but the answer's values are objects",
        ApiFault::HugeBody => "done, but the answer is 64 MiB long",
        ApiFault::LagAfterCreate => "made, but not found for the delay or five seconds",
        ApiFault::LatePayment => "cancelled, but a payment lands a second later",
    }
}
