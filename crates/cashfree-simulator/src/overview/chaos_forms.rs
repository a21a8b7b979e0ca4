//! The forms that add webhook faults and leave things to chance, and what there is of both.

use serde_json::{Map, Value, json};

use super::field::{Field, Form};
use super::form_data::{FormData, Problem, whole};
use crate::chaos::ChaosProfile;
use crate::endpoint::EventType;
use crate::state::GatewayState;
use crate::webhook_faults::{WebhookFault, WebhookFaultRule};

pub(super) const FAULTS: &str = "webhook-faults";
pub(super) const CHAOS: &str = "chaos";

pub(super) fn fault_fields(problem: Option<&Problem>) -> Vec<Field> {
    let form = Form {
        section: FAULTS,
        problem,
    };
    let events = EventType::ALL.iter().map(|event| event.as_str());
    let events = std::iter::once(("", "any".to_owned()))
        .chain(events.map(|event| (event, event.to_owned())));
    let faults = WebhookFault::ALL
        .iter()
        .map(|fault| (fault.as_str(), fault.to_string()));
    vec![
        form.select("fault", "Fault", "What goes wrong.", faults, "duplicate"),
        form.select("event", "Event", "Which webhooks are hit.", events, ""),
        form.number("times", "Times", "How many webhooks are hit.", "1"),
        form.number(
            "delay_ms",
            "Delay in milliseconds",
            "How long the fault delay holds back; up to 600000.",
            "1000",
        ),
    ]
}

/// What the control API is to be told about a webhook fault.
pub(super) fn fault_body(form_data: &FormData) -> Value {
    json!({
        "fault": form_data.get("fault"),
        "event": form_data.get("event").filter(|event| !event.is_empty()),
        "times": whole(form_data.text("times")),
        "delay_ms": whole(form_data.text("delay_ms")),
    })
}

/// The webhook faults that wait, in words.
pub(super) fn waiting(state: &GatewayState) -> Vec<String> {
    let words = |rule: &WebhookFaultRule| {
        let what = rule.event.map_or("webhook", EventType::as_str);
        format!("{}: {} for the next {}", what, rule.fault, rule.times)
    };
    state.webhook_faults.iter().map(words).collect()
}

pub(super) fn chaos_fields(state: &GatewayState, problem: Option<&Problem>) -> Vec<Field> {
    let form = Form {
        section: CHAOS,
        problem,
    };
    let current = state.settings.chaos.as_ref();
    let seed = current.map_or(1, |profile| profile.seed).to_string();
    let name = current.and_then(ChaosProfile::name).unwrap_or("rough");
    let names = ChaosProfile::names().map(|name| (name, name.to_owned()));
    vec![
        form.number(
            "seed",
            "Seed",
            "The same seed and the same calls give the same faults.",
            &seed,
        ),
        form.select("profile", "Profile", "How much goes wrong.", names, name),
    ]
}

/// What the control API is to be told about chance.
pub(super) fn chaos_body(form_data: &FormData) -> Value {
    let mut body = Map::new();
    body.insert("seed".to_owned(), whole(form_data.text("seed")));
    body.insert("profile".to_owned(), Value::from(form_data.get("profile")));
    Value::from(body)
}

/// What is left to chance, in words, and what chance has done.
pub(super) fn chaos_summary(state: &GatewayState) -> String {
    let Some(profile) = &state.settings.chaos else {
        return "Nothing is left to chance.".to_owned();
    };
    let (name, seed) = (profile.name().unwrap_or("own rates"), profile.seed);
    let all: u64 = state.chaos_tally.seen.values().sum();
    let hit: Vec<String> = state
        .chaos_tally
        .hit
        .iter()
        .map(|(fault, times)| format!("{fault} {times}"))
        .collect();
    let hit = if hit.is_empty() {
        "none was hit".to_owned()
    } else {
        format!("hit were: {}", hit.join(", "))
    };
    format!("Profile {name}, seed {seed}. Of {all} calls, webhooks and ends of links {hit}.")
}
