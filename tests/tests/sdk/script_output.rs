//! The output lines of the scripts about each call.

use serde::Deserialize;
use serde_json::Value;

/// A line of `life_cycle.py`.
#[derive(Debug, Deserialize)]
pub(crate) struct OutputLine {
    pub(crate) step: String,
    /// The call; `None` for a part of the script for which the simulator has no addresses.
    call: Option<String>,
    status: Option<u16>,
    /// The models that read the response; `None` if none could.
    pub(crate) models: Option<Vec<String>>,
    /// The exception that the SDK raises.
    exception: Option<String>,
    /// The reasons why a model rejects the response.
    refused: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) answer: Value,
    #[serde(default)]
    pub(crate) dropped: Vec<String>,
    #[serde(default)]
    pub(crate) added: Vec<String>,
    #[serde(default)]
    pub(crate) changed: Vec<String>,
}

impl OutputLine {
    /// Returns true if this is one of two calls under one idempotency key.
    pub(crate) fn has_key(&self) -> bool {
        self.step.ends_with("with a key") || self.step.ends_with("with the key")
    }

    /// Returns the step in one line: the call, its result, and a summary of the response.
    pub(crate) fn in_short(&self) -> String {
        let call = self.call.as_deref().unwrap_or_default();
        let mut words = vec![
            format!("{}: {}", self.step, without_ids(call)),
            self.status.unwrap_or_default().to_string(),
        ];
        words.extend(self.exception.clone());
        words.extend(self.models.iter().flatten().cloned());
        match (&self.refused, &self.models) {
            (Some(why), _) => words.push(format!("refused ({})", why.join(", "))),
            (None, None) => words.push("unreadable".to_owned()),
            (None, Some(_)) => words.push(gist(&self.answer)),
        }
        words.join(" ")
    }
}

/// Returns an address with a star for every part that differs each time.
fn without_ids(call: &str) -> String {
    let fixed = ["links", "orders", "payments", "refunds", "cancel"];
    let (method, path) = call.split_once(" /").unwrap_or_default();
    let path: Vec<_> = path
        .split('/')
        .map(|part| if fixed.contains(&part) { part } else { "*" })
        .collect();
    format!("{method} /{}", path.join("/"))
}

/// Returns the main facts of a response: states, amounts, reasons.
fn gist(answer: &Value) -> String {
    if let Some(list) = answer.as_array() {
        let inner: Vec<_> = list.iter().map(gist).collect();
        return format!("[{}]", inner.join(", "));
    }
    let fields = [
        "link_status",
        "link_amount_paid",
        "order_status",
        "payment_status",
        "refund_status",
        "refund_amount",
        "code",
        "type",
    ];
    let mut words: Vec<_> = fields
        .iter()
        .filter_map(|field| answer[field].as_str())
        .map(str::to_owned)
        .collect();
    if let Some(method) = answer["payment_method"].as_object() {
        words.extend(method.keys().cloned());
    }
    if answer["payment_status"].is_string() || answer["order_status"].is_string() {
        words.extend(answer["order_amount"].as_str().map(str::to_owned));
    }
    words.join(" ")
}
