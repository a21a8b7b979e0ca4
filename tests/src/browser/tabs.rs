use reqwest::Method;
use serde_json::json;

use super::{Browser, wire};

impl Browser {
    /// Switches to the tab that the page has just opened.
    ///
    /// # Panics
    /// Panics if it opened none.
    pub async fn follow_new_tab(&mut self) {
        let tab = self
            .wait(async || {
                let open = self.wire.get("/window/handles").await?;
                let mut open = open.as_array().into_iter().flatten().map(wire::text);
                open.find(|tab| !self.tabs.contains(tab))
                    .ok_or_else(|| "no new tab was opened".to_owned())
            })
            .await;
        self.tabs.push(tab);
        self.turn_to_last_tab().await;
    }

    /// Opens an address in a new tab and switches to it.
    ///
    /// # Panics
    /// Panics if no server answers there.
    pub async fn open_tab(&mut self, url: &str) {
        let made = self.wire.post("/window/new", &json!({"type": "tab"})).await;
        let made = made.expect("a new tab");
        self.tabs.push(wire::text(&made["handle"]));
        self.turn_to_last_tab().await;
        self.go(url).await;
    }

    /// Closes the tab and switches to the one before it.
    ///
    /// # Panics
    /// Panics if it is the only one.
    pub async fn close_tab(&mut self) {
        assert!(self.tabs.len() > 1, "this is the first tab");
        let closed = self.wire.request(Method::DELETE, "/window", None).await;
        closed.expect("a tab can be closed");
        self.tabs.pop();
        self.turn_to_last_tab().await;
    }

    async fn turn_to_last_tab(&self) {
        let call = json!({"handle": self.tabs.last()});
        self.wire.post("/window", &call).await.expect("the tab");
        // The screen is set for each tab.
        self.use_screen(self.screen).await;
    }
}
