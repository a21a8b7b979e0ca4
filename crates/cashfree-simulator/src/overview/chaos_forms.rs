//! The forms for webhook faults and random faults, and summaries of both.

use serde_json::{Map, Value, json};

use super::field::{Field, Form};
use super::form_data::{FormData, FormError, whole};
use crate::chaos::ChaosProfile;
use crate::endpoint::EventType;
use crate::state::GatewayState;
use crate::webhook_faults::{WebhookFault, WebhookFaultRule};

pub(super) const FAULTS: &str = "webhook-faults";
pub(super) const CHAOS: &str = "chaos";

pub(super) fn fault_fields(problem: Option<&FormError>) -> Vec<Field> {
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

/// Builds the control API's body of a webhook fault.
pub(super) fn fault_body(form_data: &FormData) -> Value {
    json!({
        "fault": form_data.get("fault"),
        "event": form_data.get("event").filter(|event| !event.is_empty()),
        "times": whole(form_data.text("times")),
        "delay_ms": whole(form_data.text("delay_ms")),
    })
}

/// Describes the queued webhook faults.
pub(super) fn queued_faults(state: &GatewayState) -> Vec<String> {
    let describe = |rule: &WebhookFaultRule| {
        let what = rule.event.map_or("webhook", EventType::as_str);
        format!("{}: {} for the next {}", what, rule.fault, rule.times)
    };
    state.webhook_faults.iter().map(describe).collect()
}

pub(super) fn chaos_fields(state: &GatewayState, problem: Option<&FormError>) -> Vec<Field> {
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

/// Builds the control API's body of a chaos profile.
pub(super) fn chaos_body(form_data: &FormData) -> Value {
    let mut body = Map::new();
    body.insert("seed".to_owned(), whole(form_data.text("seed")));
    body.insert("profile".to_owned(), Value::from(form_data.get("profile")));
    Value::from(body)
}

/// Describes the chaos profile and its tally.
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
