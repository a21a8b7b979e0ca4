//! The desk of a biller: a browser with the billing application open.

use cross_crate_tests::{Browser, Screen, Scripts, Stage};

/// A browser, and the programs whose pages it shows.
pub(crate) struct Desk {
    pub(crate) browser: Browser,
    pub(crate) stage: Stage,
    scripts: Scripts,
}

impl Desk {
    /// Starts both programs without any setup, and opens the first page.
    pub(crate) async fn open(scripts: Scripts, screen: Screen) -> Option<Self> {
        let browser = Browser::open(scripts, screen).await?;
        let stage = Stage::start(&[], Stage::SECRET).await;
        browser.go(stage.api.url()).await;
        Some(Self {
            browser,
            stage,
            scripts,
        })
    }

    /// Starts both programs with a connection and a customer, and signs the person in.
    pub(crate) async fn set_up(scripts: Scripts, screen: Screen) -> Option<Self> {
        let desk = Self::open(scripts, screen).await?;
        desk.stage
            .api
            .set_up(&desk.stage.proxy.url(), Stage::SECRET)
            .await;
        desk.sign_in().await;
        Some(desk)
    }

    pub(crate) async fn sign_in(&self) {
        self.browser.fill("API key", Stage::KEY).await;
        self.browser.click("Sign in").await;
        self.browser.sees_heading("Invoices").await;
    }

    /// Opens a section of the application through the navigation.
    pub(crate) async fn turns_to(&self, section: &str) {
        // The link in the navigation is in a list item with its own name; the link back to a section has the same name,
        // but is in no list.
        self.browser.click_beside(section, section).await;
        self.browser.sees_heading(section).await;
    }

    /// Waits for text about an event elsewhere: it appears by itself, or after a reload where scripts are forbidden.
    pub(crate) async fn learns(&self, text: &str) {
        match self.scripts {
            Scripts::On => self.browser.sees(text).await,
            Scripts::Off => self.browser.sees_after_reloading(text).await,
        }
    }

    /// Asserts that the page was not loaded again since; checks nothing where scripts are forbidden, as reloading is
    /// then the only way to see a change.
    pub(crate) async fn was_not_reloaded_since(&self, load: &str) {
        if self.scripts == Scripts::On {
            assert_eq!(self.browser.load().await, load, "the page was loaded again");
        }
    }

    /// Opens the page of an invoice.
    pub(crate) async fn go_to_invoice(&self, invoice: &str) {
        let url = format!("{}/invoices/{invoice}", self.stage.api.url());
        self.browser.go(&url).await;
    }

    /// Opens the simulator's page for developers.
    pub(crate) async fn go_to_simulator(&self) {
        self.browser.go(self.stage.control.url()).await;
        self.browser.sees_heading("Cashfree simulator").await;
    }

    /// Opens the payment link of the invoice in a separate tab, as the payer.
    pub(crate) async fn open_payment_page(&mut self) {
        self.browser.click("Open payment page in a new tab").await;
        self.browser.follow_new_tab().await;
        self.browser.sees("No money moves").await;
    }

    /// Asserts that exactly this many forms were rejected since the last check, and that no other error was logged.
    pub(crate) async fn refused(&self, forms: usize) {
        let errors = self.browser.errors().await;
        let (refusals, others): (Vec<_>, Vec<_>) = errors
            .iter()
            .partition(|error| error.contains("status of 422"));
        assert!(others.is_empty(), "{others:#?}");
        assert_eq!(refusals.len(), forms, "{refusals:#?}");
    }
}
