use serde_json::json;

use super::{Browser, wire};

impl Browser {
    /// What the browser has logged as an error since it was last asked: scripts that failed, policies violated, and
    /// every answer of 400 or above. A missing icon is left out, browsers ask for one unbidden.
    ///
    /// # Panics
    /// The browser does not answer.
    pub async fn errors(&self) -> Vec<String> {
        let log = self.wire.post("/se/log", &json!({"type": "browser"})).await;
        let log = log.expect("a log");
        log.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| wire::text(&entry["message"]))
            .filter(|message| !message.contains("/favicon.ico "))
            .collect()
    }

    /// Nothing went wrong behind the page since the log was last read.
    ///
    /// # Panics
    /// Something did; the message lists it.
    pub async fn has_no_errors(&self) {
        let errors = self.errors().await;
        if !errors.is_empty() {
            self.fail(&format!("the browser logged:\n{}", errors.join("\n")))
                .await;
        }
    }
}
