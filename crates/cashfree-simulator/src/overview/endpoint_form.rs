//! The form that registers an address for webhooks.

use serde_json::{Value, json};

use super::field::{Field, Form};
use super::typed::{Problem, Typed};
use crate::endpoint::EventType;
use crate::version::WebhookVersion;
use crate::world::World;

pub(super) const SECTION: &str = "endpoints";

pub(super) fn fields(world: &World, problem: Option<&Problem>) -> Vec<Field> {
    let form = Form {
        section: SECTION,
        problem,
    };
    let versions = WebhookVersion::ALL
        .iter()
        .rev()
        .map(|version| (version.as_str(), version.to_string()));
    let mut fields = vec![
        form.line(
            "url",
            "Address",
            "An http or https address that takes POST requests.",
            "",
        ),
        form.select(
            "version",
            "Version",
            "The form of bodies and headers.",
            versions,
            WebhookVersion::default().as_str(),
        ),
        form.checks(
            "events",
            "Events",
            "What the address is told about.",
            EventType::ALL.iter().map(|event| event.as_str()),
        ),
    ];
    if let [first, _, ..] = world.merchants.as_slice() {
        let merchants = world.merchants.iter().map(|merchant| {
            let id = merchant.client_id();
            (id, format!("{} ({id})", merchant.name()))
        });
        fields.push(form.select(
            "merchant",
            "Merchant",
            "Whose events it receives.",
            merchants,
            first.client_id(),
        ));
    }
    fields
}

/// What the control API is to be told.
pub(super) fn body(typed: &Typed) -> Value {
    let mut body = json!({
        "url": typed.text("url"),
        "version": typed.get("version"),
        "events": typed.all("events"),
    });
    if let Some(merchant) = typed.get("merchant") {
        body["merchant"] = Value::from(merchant);
    }
    body
}
