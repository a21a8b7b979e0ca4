//! The form that adds a fault, and the faults there are.

use serde_json::{Value, json};

use super::field::{Field, Form};
use super::typed::{Problem, Typed, whole};
use crate::faults::{Fault, Operation};
use crate::world::World;

pub(super) const SECTION: &str = "faults";

pub(super) fn fields(problem: Option<&Problem>) -> Vec<Field> {
    let form = Form {
        section: SECTION,
        problem,
    };
    let operations = Operation::ALL
        .iter()
        .map(|operation| (operation.as_str(), operation.to_string()));
    let faults = Fault::ALL
        .iter()
        .map(|fault| (fault.as_str(), format!("{fault}: {}", words(*fault))));
    vec![
        form.select(
            "operation",
            "Operation",
            "The call of the merchant API that is hit.",
            operations,
            Operation::CreateLink.as_str(),
        ),
        form.select(
            "fault",
            "Fault",
            "What goes wrong with it.",
            faults,
            Fault::DropAfterCommit.as_str(),
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

/// What the control API is to be told.
pub(super) fn body(typed: &Typed) -> Value {
    json!({
        "operation": typed.get("operation"),
        "fault": typed.get("fault"),
        "times": whole(typed.text("times")),
        "delay_ms": whole(typed.text("delay_ms")),
        "retry_seconds": whole(typed.text("retry_seconds")),
    })
}

/// The faults in force, in words: those that wait, and those that hit every call.
pub(super) fn in_force(world: &World) -> Vec<String> {
    let waiting = world.faults.iter().map(|rule| {
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
    let standing = world.settings.faults.iter();
    let standing =
        standing.map(|(operation, fault)| format!("{operation}: {fault} for every call"));
    waiting.chain(standing).collect()
}

const fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::DropBeforeCommit => "no answer, nothing done",
        Fault::DropAfterCommit => "done, but no answer",
        Fault::Error500Stored => "a 500 that repeats with its idempotency key, nothing done",
        Fault::Error400Stored => "a 400 that repeats with its idempotency key, nothing done",
        Fault::NotFoundStored => "a 404 that repeats with its idempotency key, nothing done",
        Fault::Error500AfterCommit => "done, but answered with a 500",
        Fault::Error500 => "a 500, nothing done",
        Fault::RateLimited => "a 429 with a wait, nothing done",
        Fault::Html502 => "a 502 page of HTML, nothing done",
        Fault::TruncatedJson => "done, but the answer breaks off",
        Fault::NotFound => "a 404 for what exists, nothing done",
        Fault::Delay => "done at once, answered late",
        Fault::ResetBeforeCommit => "connection reset, nothing done",
        Fault::ResetAfterCommit => "done, but the connection is reset",
        Fault::TimeoutBeforeCommit => "no answer for the delay or a minute, nothing done",
        Fault::TimeoutAfterCommit => "done, but no answer for the delay or a minute",
        Fault::RateLimitedStored => "a 429 that repeats with its idempotency key, nothing done",
        Fault::NumbersAsStrings => "done, but numbers in the answer are strings",
        Fault::Nulls => "done, but the answer's values are null",
        Fault::Objects => "done, but the answer's values are objects",
        Fault::HugeBody => "done, but the answer is 64 MiB long",
        Fault::LagAfterCreate => "made, but not found for the delay or five seconds",
        Fault::LatePayment => "cancelled, but a payment lands a second later",
    }
}
