//! The settings form.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::field::{Field, Form};
use super::form_data::{FormData, FormError, parts, whole};
use super::settings_table::{GROUPS, Kind, Setting};
use crate::settings::Settings;
use crate::version::WebhookVersion;

pub(super) const SECTION: &str = "settings";

/// A group of settings.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) fields: Vec<Field>,
}

pub(super) fn groups(settings: &Settings, problem: Option<&FormError>) -> Vec<Group> {
    let form = Form {
        section: SECTION,
        problem,
    };
    let values = values(settings);
    let field = |setting: &Setting| {
        let value = values.get(setting.name).map_or("", String::as_str);
        let Setting {
            name, label, help, ..
        } = *setting;
        match setting.kind {
            Kind::Flag => form.flag(name, label, help, value == "true"),
            Kind::Whole => form.number(name, label, help, value),
            Kind::Text | Kind::Wholes | Kind::Texts => form.line(name, label, help, value),
            Kind::Version => {
                let versions = WebhookVersion::ALL.iter().rev();
                let versions = versions.map(|version| (version.as_str(), version.to_string()));
                form.select(name, label, help, versions, value)
            }
        }
    };
    GROUPS
        .iter()
        .map(|(title, settings)| Group {
            title,
            fields: settings.iter().map(field).collect(),
        })
        .collect()
}

/// Returns the values of the settings as text, by field name.
fn values(settings: &Settings) -> BTreeMap<String, String> {
    let text = serde_json::to_string(settings).unwrap_or_default();
    let mut values = BTreeMap::new();
    for (name, value) in members(&text) {
        if name == "webhooks" {
            for (inner, value) in members(value.get()) {
                values.insert(format!("webhooks.{inner}"), as_text(&value));
            }
        } else {
            values.insert(name, as_text(&value));
        }
    }
    values
}

fn members(text: &str) -> BTreeMap<String, Box<RawValue>> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Formats a value for a form: strings without quotes, lists separated by commas.
fn as_text(value: &RawValue) -> String {
    if let Ok(text) = serde_json::from_str::<String>(value.get()) {
        return text;
    }
    match serde_json::from_str::<Vec<Box<RawValue>>>(value.get()) {
        Ok(list) => {
            let texts: Vec<String> = list.iter().map(|value| as_text(value)).collect();
            texts.join(", ")
        }
        Err(_) => value.get().to_owned(),
    }
}

/// Builds the control API's body. A missing checkbox is off. Other missing fields stay unchanged.
pub(super) fn body(form_data: &FormData) -> Value {
    let (mut outer, mut webhooks) = (Map::new(), Map::new());
    for setting in GROUPS.iter().flat_map(|(_, settings)| *settings) {
        let value = match (setting.kind, form_data.get(setting.name)) {
            (Kind::Flag, value) => Value::from(value.is_some()),
            (_, None) => continue,
            (Kind::Whole, Some(text)) => whole(text),
            (Kind::Text | Kind::Version, Some(text)) => Value::from(text),
            (Kind::Wholes, Some(text)) => parts(text).map(whole).collect(),
            (Kind::Texts, Some(text)) => parts(text).map(Value::from).collect(),
        };
        match setting.name.strip_prefix("webhooks.") {
            Some(inner) => webhooks.insert(inner.to_owned(), value),
            None => outer.insert(setting.name.to_owned(), value),
        };
    }
    outer.insert("webhooks".to_owned(), Value::from(webhooks));
    Value::from(outer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_form_has_every_setting_except_faults_and_chaos() {
        let values = values(&Settings::default());
        let known: BTreeSet<&str> = values.keys().map(String::as_str).collect();
        let as_text: BTreeSet<&str> = GROUPS
            .iter()
            .flat_map(|(_, settings)| *settings)
            .map(|setting| setting.name)
            .chain(["faults", "chaos"])
            .collect();
        assert_eq!(as_text, known);
        assert_eq!(values["retry_delays_seconds"], "120, 600, 1800");
        assert_eq!(values["enabled_currencies"], "INR");
        assert_eq!(values["webhooks.reorder_hold_ms"], "1000");
    }
}
