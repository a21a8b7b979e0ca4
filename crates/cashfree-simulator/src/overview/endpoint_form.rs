//! The form that registers a webhook endpoint.

use serde_json::{Value, json};

use super::field::{Field, Form};
use super::form_data::{FormData, FormError};
use crate::endpoint::EventType;
use crate::state::GatewayState;
use crate::version::WebhookVersion;

pub(super) const SECTION: &str = "endpoints";

pub(super) fn fields(state: &GatewayState, problem: Option<&FormError>) -> Vec<Field> {
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
            "The version of bodies and headers.",
            versions,
            WebhookVersion::default().as_str(),
        ),
        form.checks(
            "events",
            "Events",
            "The events that are sent to the address.",
            EventType::ALL.iter().map(|event| event.as_str()),
        ),
    ];
    if let [first, _, ..] = state.merchants.as_slice() {
        let merchants = state.merchants.iter().map(|merchant| {
            let id = merchant.client_id();
            (id, format!("{} ({id})", merchant.name()))
        });
        fields.push(form.select(
            "merchant",
            "Merchant",
            "The merchant whose events are sent.",
            merchants,
            first.client_id(),
        ));
    }
    fields
}

/// Builds the control API's body.
pub(super) fn body(form_data: &FormData) -> Value {
    let mut body = json!({
        "url": form_data.text("url"),
        "version": form_data.get("version"),
        "events": form_data.all("events"),
    });
    if let Some(merchant) = form_data.get("merchant") {
        body["merchant"] = Value::from(merchant);
    }
    body
}
