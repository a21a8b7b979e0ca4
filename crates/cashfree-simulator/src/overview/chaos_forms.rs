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
        form.select("fault", "Fault", "The fault.", faults, "duplicate"),
        form.select(
            "event",
            "Event",
            "The type of webhook that is hit.",
            events,
            "",
        ),
        form.number("times", "Times", "Number of webhooks to hit.", "1"),
        form.number(
            "delay_ms",
            "Delay in milliseconds",
            "Delay of the fault delay; at most 600000.",
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
        form.select(
            "profile",
            "Profile",
            "The rates of the faults.",
            names,
            name,
        ),
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
        return "Random faults are off.".to_owned();
    };
    let (name, seed) = (profile.name().unwrap_or("custom rates"), profile.seed);
    let all: u64 = state.chaos_tally.seen.values().sum();
    let hit: Vec<String> = state
        .chaos_tally
        .hit
        .iter()
        .map(|(fault, times)| format!("{fault} {times}"))
        .collect();
    let hits = if hit.is_empty() {
        "none".to_owned()
    } else {
        hit.join(", ")
    };
    format!(
        "Profile {name}, seed {seed}. {all} calls, webhooks and ended links so far. Faults: {hits}."
    )
}
