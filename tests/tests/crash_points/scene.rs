//! The programs of one series, the crash of one of them, and the state that must hold after it.

use std::fs;
use std::path::PathBuf;

use cross_crate_tests::{Api, Control, Program, Stage};
use serde_json::{Value, json};
use test_support::until;

use crate::customers::Invoice;
use crate::database::TestDatabase;
use crate::relay::Relay;
use crate::starting::{assert_died, run_host, start_host};

/// The amount of every invoice of these tests, in paise.
pub(crate) const AMOUNT: i64 = 20_012;

/// The connection that customers move to.
pub(crate) const SECOND: &str = "second";
/// The secret with which the bookkeeping signs its callbacks.
pub(crate) const BANK_SECRET: &str = "a-secret-for-the-test-only";
pub(crate) const ACCOUNT: &str = "TEST_SIMULATOR";

/// The final state of an invoice.
pub(crate) struct Outcome {
    /// The totals, as `status paid surplus`.
    pub(crate) totals: &'static str,
    /// The number of payments posted on the invoice.
    pub(crate) payments: usize,
    /// The number of the invoice's links that can be paid.
    pub(crate) payable: usize,
}

pub(crate) const UNPAID: Outcome = Outcome {
    totals: "pending 0 0",
    payments: 0,
    payable: 1,
};
pub(crate) const PAID: Outcome = Outcome {
    totals: "succeeded 20012 0",
    payments: 1,
    payable: 0,
};
pub(crate) const VOIDED: Outcome = Outcome {
    totals: "failed 0 0",
    payments: 0,
    payable: 0,
};
pub(crate) const PAID_AND_VOIDED: Outcome = Outcome {
    totals: "failed 0 20012",
    payments: 1,
    payable: 0,
};

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) database: TestDatabase,
    pub(crate) control: Control,
    /// The relay on the way to the gateway.
    pub(crate) gate: Relay,
    /// The relay on the way to the application.
    pub(crate) door: Relay,
    pub(crate) api: Api,
    host: Program,
    /// The file with the name of the place at which the application crashes.
    armed: PathBuf,
    _simulator: Program,
}

impl Scene {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        Self::begin(database, None).await
    }

    /// Starts the programs; the application crashes at this place during its first start.
    pub(crate) async fn start_again(database: TestDatabase, point: &str) -> Self {
        Self::begin(database, Some(point)).await
    }

    async fn begin(database: TestDatabase, dies_at: Option<&str>) -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--retry-scale", "0.0001"];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
        let gateway = simulator.line_after("listening on ").await;
        let gate = Relay::to(gateway.trim_end_matches('/')).await;
        let door = Relay::to("http://127.0.0.1:9").await;
        let armed = database.directory.path().join("crash-point");
        if let Some(point) = dies_at {
            fs::write(&armed, point).expect("a file");
            let (status, output) = run_host(&database, &gate, &door, &armed).ended().await;
            assert_died(point, status, &output);
            fs::remove_file(&armed).expect("the file");
        }
        let (host, api) = start_host(&database, &gate, &door, &armed).await;
        let scene = Self {
            database,
            control: Control::new(gateway),
            gate,
            door,
            api,
            host,
            armed,
            _simulator: simulator,
        };
        scene.api.set_up(scene.gate.url(), Stage::SECRET).await;
        scene.connect_more().await;
        scene
    }

    /// Returns the request for a connection to an account at the gateway.
    pub(crate) fn connection(&self, code: &str, account: &str, secret: &str) -> Value {
        json!({
            "organization_id": Api::ORGANIZATION, "provider": "cashfree", "code": code,
            "name": "Another connection", "settings": {
                "client_id": account, "client_secret": secret, "environment": "sandbox",
                "base_url": format!("{}/pg", self.gate.url()),
            },
        })
    }

    /// Adds a connection to the same account, unless it exists, and returns its code.
    pub(crate) async fn connect_once<'a>(&self, code: &'a str) -> &'a str {
        let connection = self.connection(code, ACCOUNT, Stage::SECRET);
        let request = self
            .api
            .request(reqwest::Method::POST, "/api/v1/connections");
        let answer = request.json(&connection).send().await.expect("an answer");
        let status = answer.status().as_u16();
        assert!(matches!(status, 201 | 409), "{status}");
        code
    }

    async fn connect_more(&self) {
        let second = self.connection(SECOND, ACCOUNT, Stage::SECRET);
        self.api.expect("/api/v1/connections", &second, 201).await;
        let bank = json!({
            "organization_id": Api::ORGANIZATION, "provider": "bank_transfer", "code": "bank",
            "name": "Bank account", "settings": {
                "instructions_url": "http://127.0.0.1:9/pay",
                "callback_secret": BANK_SECRET, "environment": "sandbox",
            },
        });
        self.api.expect("/api/v1/connections", &bank, 201).await;
    }

    /// Requests the address once. Returns `None` if no address is returned.
    pub(crate) async fn try_ask(&self, invoice: &Invoice) -> Option<String> {
        let answer = self.try_post(invoice, "payment_url").await?;
        let url = answer["invoice_payment_details"]["payment_url"].as_str();
        url.map(str::to_owned)
    }

    /// Requests the address repeatedly, as a patient person does. A later request returns the same one.
    pub(crate) async fn ask(&self, invoice: &Invoice) -> String {
        for _ in 0..4 {
            if let Some(url) = self.try_ask(invoice).await {
                assert_eq!(self.api.payment_url(&invoice.id).await, url);
                return url;
            }
        }
        self.api.payment_url(&invoice.id).await
    }

    pub(crate) async fn try_void(&self, invoice: &Invoice) -> Option<Value> {
        self.try_post(invoice, "void").await
    }

    /// Voids an invoice and expects that no obstacle remains.
    pub(crate) async fn void(&self, invoice: &Invoice) {
        let voided = self.try_void(invoice).await.expect("an invoice");
        assert_eq!(voided["still_payable"], json!([]), "{voided}");
        assert_eq!(voided["unbooked"], json!([]), "{voided}");
    }

    async fn try_post(&self, invoice: &Invoice, what: &str) -> Option<Value> {
        let path = format!("/api/v1/invoices/{}/{what}", invoice.id);
        let request = self.api.request(reqwest::Method::POST, &path);
        let answer = request.json(&json!({})).send().await.ok()?;
        let is_good = answer.status().is_success();
        let body = answer.json().await.ok()?;
        is_good.then_some(body)
    }

    /// Acts on the link behind an address: `pay`, `fail`, `pending`, `expire`.
    pub(crate) async fn on_link(&self, url: &str, what: &str) -> Value {
        let link = self.control.link_of(url).await;
        let path = format!("links/{link}/{what}");
        self.control.post(&path, &json!({})).await
    }

    /// Asserts that the link behind an address cannot be paid any more.
    pub(crate) async fn expect_ended(&self, url: &str) {
        let link = self.control.link_of(url).await;
        let path = format!("links/{link}/pay");
        let paid = self.control.try_post(&path, &json!({})).await;
        assert!(paid.is_err(), "an earlier link is paid: {paid:?}");
    }

    /// Makes all calls of an operation fail in this way from now on, or stops doing so.
    pub(crate) async fn fault(&self, operation: &str, fault: Option<&str>) {
        let faults = json!({"faults": {operation: fault}});
        self.control.post("settings", &faults).await;
    }

    /// Makes the webhooks of the next changes fail in this way.
    pub(crate) async fn webhook_fault(&self, fault: Value) {
        self.control.post("webhook-faults", &fault).await;
    }

    /// Returns the webhooks that were created for a link so far.
    pub(crate) async fn webhooks_of(&self, url: &str) -> Vec<Value> {
        let link = self.control.link_of(url).await;
        let mut all = self.control.list("deliveries").await;
        all.retain(|webhook| webhook["link_id"] == link.as_str());
        all
    }

    pub(crate) async fn send_again(&self, webhook: &Value) {
        let path = format!(
            "deliveries/{}/resend",
            webhook["id"].to_string().replace('"', "")
        );
        self.control.post(&path, &json!({})).await;
    }

    /// Makes the application crash when it next reaches this place.
    pub(crate) fn arm(&self, point: &str) {
        let beside = self.armed.with_extension("new");
        fs::write(&beside, point).expect("a file");
        // The rename replaces the file in one step, so a concurrent reader sees a whole one.
        fs::rename(beside, &self.armed).expect("a file");
    }

    /// Waits for the crash at the armed place, and starts the application again.
    pub(crate) async fn dies(&mut self, point: &str) {
        // The old process has to end first, and the new one must not be armed.
        let placeholder = Program::start("billing-host", &["--version"], &[]);
        let dying = std::mem::replace(&mut self.host, placeholder);
        let (status, output) = dying.ended().await;
        assert_died(point, status, &output);
        fs::remove_file(&self.armed).expect("the file");
        self.start_host().await;
    }

    /// Ends the application when it is idle, and starts it again; it crashes at this place while it starts, and is
    /// started once more.
    pub(crate) async fn dies_when_started(&mut self, point: &str) {
        let placeholder = Program::start("billing-host", &["--version"], &[]);
        std::mem::replace(&mut self.host, placeholder).kill().await;
        self.arm(point);
        let (database, armed) = (&self.database, &self.armed);
        let (status, output) = run_host(database, &self.gate, &self.door, armed)
            .ended()
            .await;
        assert_died(point, status, &output);
        fs::remove_file(&self.armed).expect("the file");
        self.start_host().await;
    }

    /// Ends the application when it is idle, and starts it again.
    pub(crate) async fn restart(&mut self) {
        let placeholder = Program::start("billing-host", &["--version"], &[]);
        std::mem::replace(&mut self.host, placeholder).kill().await;
        self.start_host().await;
    }

    async fn start_host(&mut self) {
        self.database.end_leases().await;
        (self.host, self.api) =
            start_host(&self.database, &self.gate, &self.door, &self.armed).await;
    }

    /// Waits until an invoice satisfies a condition.
    pub(crate) async fn wait_until(
        &self,
        invoice: &Invoice,
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        until(async || {
            let shown = self.api.fetch(&invoice.id).await;
            if is_so(&shown) {
                Ok(shown)
            } else {
                Err(format!("it is {shown:#}"))
            }
        })
        .await
    }

    /// Waits until all work is done, and compares an invoice with its expected outcome.
    pub(crate) async fn expect(&self, invoice: &Invoice, outcome: &Outcome) {
        let shown = self.expect_posted(invoice, outcome).await;
        let links = self.control.list("links").await;
        let of_invoice = |link: &&Value| link["purpose"] == shown["purpose"];
        let links: Vec<_> = links.iter().filter(of_invoice).collect();
        let orders = links.iter().flat_map(|link| list(link, "orders"));
        let payments = orders.flat_map(|order| list(order, "payments"));
        let taken = payments.filter(|it| it["status"] == "SUCCESS");
        assert_eq!(taken.count(), outcome.payments, "{links:#?}");
        let payable = |link: &&&Value| {
            let status = link["status"].as_str().expect("a status");
            matches!(status, "ACTIVE" | "PARTIALLY_PAID")
        };
        let count = links.iter().filter(payable).count();
        assert_eq!(count, outcome.payable, "{links:#?}");
    }

    /// Compares an invoice as above, by the application's data alone: for a gateway without a status API.
    pub(crate) async fn expect_posted(&self, invoice: &Invoice, outcome: &Outcome) -> Value {
        self.api.wait_for(&invoice.id, outcome.totals).await;
        self.rest().await;
        assert_eq!(self.api.totals(&invoice.id).await, outcome.totals);
        let shown = self.api.fetch(&invoice.id).await;
        let posted = list(&shown, "payments").iter();
        let posted = posted.filter(|it| !it["verdict"].is_null());
        assert_eq!(posted.count(), outcome.payments, "{shown:#}");
        assert_eq!(self.database.faults().await, Vec::<String>::new());
        shown
    }

    /// Waits until no webhook is in progress and none is left to be applied.
    pub(crate) async fn rest(&self) {
        until(async || {
            let sent = self.control.list("deliveries").await;
            let is_sent =
                |it: &&Value| matches!(it["state"].as_str(), Some("pending" | "retrying"));
            let mut under_way = self.database.faults().await;
            under_way.extend(sent.iter().filter(is_sent).map(ToString::to_string));
            if under_way.is_empty() {
                Ok(())
            } else {
                Err(format!("no rest: {under_way:#?}"))
            }
        })
        .await;
    }

    /// Ends the programs. Asserts that none of the gateway's webhooks was lost, and that the ledger adds up.
    pub(crate) async fn close(self) {
        let audit = self.operator(&["ledger", "audit"]).await;
        assert_eq!(audit["sound"], true, "{audit:#}");
        let lost: Vec<_> = self.control.list("deliveries").await;
        let lost = lost.iter().filter(|it| it["state"] == "failed").count();
        assert_eq!(lost, 0, "webhooks that were given up");
        let output = self.host.kill().await;
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        self.database.remove().await;
    }
}

/// Returns the entries of a list, or none.
pub(crate) fn list<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}
