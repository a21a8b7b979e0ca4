use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A session of the driver, as defined by the [protocol](https://www.w3.org/TR/webdriver2/).
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    /// The address of the session; commands are paths below it.
    session: String,
}

impl Wire {
    /// Opens a session, which starts the browser.
    pub(super) async fn open(driver: &str, wanted: &Value) -> Self {
        let mut wire = Self {
            client: crate::api::client(),
            session: driver.to_owned(),
        };
        let body = json!({"capabilities": {"alwaysMatch": wanted}});
        let made = wire.post("/session", &body).await;
        let made = made.unwrap_or_else(|why| panic!("the browser does not start: {why}"));
        wire.session = format!("{driver}/session/{}", text(&made["sessionId"]));
        wire
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        self.request(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.request(Method::POST, path, Some(body)).await
    }

    /// Sends a command and returns its value, or the reason for the failure.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| silent(&error))?;
        let refused = !answer.status().is_success();
        let mut answer: Value = answer.json().await.map_err(|error| silent(&error))?;
        let value = answer["value"].take();
        if refused {
            let message = text(&value["message"]);
            // The following lines are the driver's own stack trace.
            let message = message.lines().next().unwrap_or_default();
            return Err(format!("{}: {message}", text(&value["error"])));
        }
        Ok(value)
    }
}

fn silent(error: &reqwest::Error) -> String {
    format!("the browser's driver does not answer: {error}")
}

/// Returns the text of a JSON value; empty if the value is not a text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
