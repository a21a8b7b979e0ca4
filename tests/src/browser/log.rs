use serde_json::json;

use super::{Browser, wire};

impl Browser {
    /// Returns the errors that the browser has logged since the last call: scripts that failed, policies violated, and
    /// every response with a status of 400 or above. A missing icon is left out, because browsers request one by
    /// themselves.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
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

    /// Asserts that no error was logged since the log was last read.
    ///
    /// # Panics
    /// Panics if there was one; the message lists all.
    pub async fn has_no_errors(&self) {
        let errors = self.errors().await;
        if !errors.is_empty() {
            self.fail(&format!("the browser logged:\n{}", errors.join("\n")))
                .await;
        }
    }
}
