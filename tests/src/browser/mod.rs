//! A browser, used as a person uses it: elements are found by their visible content and their names.
//!
//! Chromium is driven through `WebDriver`, which is JSON over HTTP. Most features used here (names as a screen reader
//! says them, screens, scripts switched off, the log) are newer than that protocol's clients, so speaking the protocol
//! directly is the shorter way.
//!
//! Every method waits for the element or text that it expects, and on failure panics with the content of the page.

mod axe;
mod driver;
mod element;
mod hand;
mod keyboard;
mod log;
mod screen;
mod sight;
mod tabs;
mod tools;
mod wire;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use test_support::PATIENCE;
use tokio::time::Instant;

pub use axe::{Fault, Place};
pub use keyboard::Key;
pub use screen::Screen;

use driver::Driver;
use tools::Tools;
use wire::Wire;

/// The interval between two checks while waiting.
const GLANCE: Duration = Duration::from_millis(40);

/// The script setting of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// Pages may run scripts.
    On,
    /// Pages may not run scripts, as in a browser whose user has forbidden them.
    Off,
}

/// A browser with a separate profile; ended when dropped.
#[derive(Debug)]
pub struct Browser {
    wire: Wire,
    screen: Screen,
    tabs: Vec<String>,
    patience: Duration,
    // The order of the fields matters: the processes must end before their files are removed.
    _driver: Driver,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser, or reports that this test was not run if no browser is prepared.
    ///
    /// # Panics
    /// Panics if the browser does not start; or if none is prepared on a build server.
    pub async fn open(scripts: Scripts, screen: Screen) -> Option<Self> {
        let tools = Tools::of_environment()?;
        let driver = Driver::start(&tools.driver).await;
        let profile = tempfile::tempdir().expect("a directory");
        let wanted = capabilities(&tools, scripts, profile.path());
        let wire = Wire::open(driver.url(), &wanted).await;
        let mut browser = Self {
            wire,
            screen,
            tabs: Vec::new(),
            patience: PATIENCE,
            _driver: driver,
            profile,
        };
        let tab = browser.wire.get("/window").await.expect("a first tab");
        browser.tabs.push(wire::text(&tab));
        browser.use_screen(screen).await;
        Some(browser)
    }

    /// Sets the time that this browser waits for an expected element or text.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Returns the directory of the browser's files; its main process is started with this path.
    pub fn profile(&self) -> &std::path::Path {
        self.profile.path()
    }

    /// Opens an address and waits until it is loaded.
    ///
    /// # Panics
    /// Panics if no server answers there.
    pub async fn go(&self, url: &str) {
        if let Err(why) = self.wire.post("/url", &json!({"url": url})).await {
            panic!("{url} does not open: {why}");
        }
    }

    /// Loads the page again.
    ///
    /// # Panics
    /// Panics if the page does not load.
    pub async fn reload(&self) {
        if let Err(why) = self.wire.post("/refresh", &json!({})).await {
            self.fail(&format!("the page does not load again: {why}"))
                .await;
        }
    }

    /// Returns the address of the page.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn url(&self) -> String {
        wire::text(&self.wire.get("/url").await.expect("an address"))
    }

    /// Waits until the address of the page contains this text: the navigation after a click is pending until then, and
    /// loading the page again would stop it.
    ///
    /// # Panics
    /// Panics if the page stays elsewhere.
    pub async fn arrives_at(&self, part: &str) {
        self.wait(async || {
            let url = wire::text(&self.wire.get("/url").await?);
            if url.contains(part) {
                Ok(())
            } else {
                Err(format!("the page does not lead to {part}"))
            }
        })
        .await;
    }

    /// Repeats a check until it succeeds, and fails with the last error.
    async fn wait<T>(&self, look: impl AsyncFn() -> Result<T, String>) -> T {
        let deadline = Instant::now() + self.patience;
        loop {
            match look().await {
                Ok(found) => return found,
                Err(why) if Instant::now() >= deadline => self.fail(&why).await,
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    /// Ends the test with the error and the content of the page.
    async fn fail(&self, why: &str) -> ! {
        let url = self.wire.get("/url").await.map(|url| wire::text(&url));
        let text = self.text().await;
        panic!(
            "{why}\n  at {}\n  which shows:\n{}",
            url.unwrap_or_else(|error| error),
            text.unwrap_or_else(|error| error)
        );
    }

    /// Runs a function body in the page, even if the page itself may not run scripts.
    async fn evaluate(&self, body: &str, arguments: Value) -> Result<Value, String> {
        let call = json!({"script": body, "args": arguments});
        self.wire.post("/execute/sync", &call).await
    }

    /// Sends a command of Chromium's own protocol.
    async fn command(&self, name: &str, parameters: Value) -> Result<Value, String> {
        let call = json!({"cmd": name, "params": parameters});
        self.wire
            .request(Method::POST, "/goog/cdp/execute", Some(&call))
            .await
    }
}

/// Returns the requested capabilities of the browser: quiet, without a window, and with a fresh profile.
fn capabilities(tools: &Tools, scripts: Scripts, profile: &std::path::Path) -> Value {
    let mut options = json!({
        "args": [
            "--headless",
            // Tests run as root in containers, where the sandbox cannot start; they open pages of this workspace only.
            "--no-sandbox",
            "--disable-gpu",
            // Shared memory is small in containers.
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,900",
            format!("--user-data-dir={}", profile.display()),
        ],
    });
    if let Some(browser) = &tools.browser {
        options["binary"] = json!(browser);
    }
    if scripts == Scripts::Off {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"pageLoad": 30_000, "script": 30_000, "implicit": 0},
    })
}
