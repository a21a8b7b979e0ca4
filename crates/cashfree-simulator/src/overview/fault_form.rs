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
            "The fault of the call.",
            faults,
            ApiFault::DropAfterCommit.as_str(),
        ),
        form.number("times", "Times", "Number of calls to hit.", "1"),
        form.number(
            "delay_ms",
            "Delay in milliseconds",
            "Delay of the response or of closing the connection; at most 600000.",
            "0",
        ),
        form.number(
            "retry_seconds",
            "Wait in seconds",
            "The wait that rate_limited states; at most 600.",
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
        ApiFault::DropBeforeCommit => "no response, no effect",
        ApiFault::DropAfterCommit => "executed, no response",
        ApiFault::Error500Stored => "a 500 stored under the idempotency key, no effect",
        ApiFault::Error400Stored => "a 400 stored under the idempotency key, no effect",
        ApiFault::NotFoundStored => "a 404 stored under the idempotency key, no effect",
        ApiFault::Error500AfterCommit => "executed, but the response is a 500",
        ApiFault::Error500 => "a 500, no effect",
        ApiFault::RateLimited => "a 429 with a wait, no effect",
        ApiFault::Html502 => "a 502 with an HTML page, no effect",
        ApiFault::TruncatedJson => "executed, but the response is cut off",
        ApiFault::NotFound => "a 404 for an existing object, no effect",
        ApiFault::Delay => "executed at once, the response is delayed",
        ApiFault::ResetBeforeCommit => "connection reset, no effect",
        ApiFault::ResetAfterCommit => "executed, but the connection is reset",
        ApiFault::TimeoutBeforeCommit => "no response for the delay or a minute, no effect",
        ApiFault::TimeoutAfterCommit => "executed, no response for the delay or a minute",
        ApiFault::RateLimitedStored => "a 429 stored under the idempotency key, no effect",
        ApiFault::NumbersAsStrings => "executed, but numbers in the response are strings",
        ApiFault::Nulls => "executed, but the values in the response are null",
        ApiFault::Objects => "executed, but the values in the response are objects",
        ApiFault::HugeBody => "executed, but the response has 64 MiB",
        ApiFault::LagAfterCreate => "created, but not found for the delay or five seconds",
        ApiFault::LatePayment => "cancelled, but a payment arrives a second later",
    }
}
