//! The programs of one series, the death of one of them, and what has to be true after it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use cross_crate_tests::{Api, Control, Program, Stage};
use payment_provider_host::crash_points::{LAST_WORDS, VARIABLE};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::books::Books;
use crate::relay::Relay;

/// What every invoice of these tests is over, in paise.
pub(crate) const AMOUNT: i64 = 20_012;

const ABORTED: i32 = 6;
const SECOND: &str = "second";
pub(crate) const ACCOUNT: &str = "TEST_SIMULATOR";

/// What an invoice has come to.
pub(crate) struct Outcome {
    /// `status paid surplus`
    pub(crate) totals: &'static str,
    /// How many payments are booked on it.
    pub(crate) payments: usize,
    /// How many of its links can be paid.
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

/// An invoice, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    customer: String,
}

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) books: Books,
    pub(crate) control: Control,
    /// On the way to the gateway.
    pub(crate) gate: Relay,
    /// On the way to the application.
    door: Relay,
    pub(crate) api: Api,
    host: Program,
    /// Names the place at which the application dies.
    armed: PathBuf,
    _simulator: Program,
}

impl Scene {
    pub(crate) async fn start(books: Books) -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--retry-scale", "0.0001"];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
        let gateway = simulator.line_after("listening on ").await;
        let gate = Relay::to(gateway.trim_end_matches('/')).await;
        let door = Relay::to("http://127.0.0.1:9").await;
        let armed = books.directory.path().join("crash-point");
        let (host, api) = start_host(&books, &gate, &door, &armed).await;
        let scene = Self {
            books,
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

    async fn connect_more(&self) {
        let organization = Api::ORGANIZATION;
        let second = json!({
            "organization_id": organization, "provider": "cashfree", "code": SECOND,
            "name": "Second connection", "settings": {
                "client_id": ACCOUNT, "client_secret": Stage::SECRET, "environment": "sandbox",
                "base_url": format!("{}/pg", self.gate.url()),
            },
        });
        self.api.expect("/api/v1/connections", &second, 201).await;
        let bank = json!({
            "organization_id": organization, "provider": "bank_transfer", "code": "bank",
            "name": "Bank account", "settings": {
                "instructions_url": "http://127.0.0.1:9/pay",
                "callback_secret": "a-secret-for-the-test-only", "environment": "sandbox",
            },
        });
        self.api.expect("/api/v1/connections", &bank, 201).await;
    }

    async fn link_customer(&self, customer: &str, provider: &str, code: &str) {
        let linked = self.try_link_customer(customer, provider, code).await;
        let status = linked.expect("an answer");
        assert!(status.is_success(), "{status}");
    }

    async fn try_link_customer(
        &self,
        customer: &str,
        provider: &str,
        code: &str,
    ) -> Option<StatusCode> {
        let customer = json!({
            "organization_id": Api::ORGANIZATION, "external_id": customer,
            "name": "Asha Rao", "email": "asha@example.com", "phone": "9000000000",
            "payment_provider": provider, "payment_provider_code": code,
        });
        let request = self.api.request(reqwest::Method::POST, "/api/v1/customers");
        let answer = request.json(&customer).send().await.ok()?;
        Some(answer.status())
    }

    /// An invoice of a customer of its own.
    pub(crate) async fn invoice(&self, point: &str) -> Invoice {
        self.invoice_through(point, "cashfree", "main").await
    }

    /// The same, to be paid by bank transfer.
    pub(crate) async fn bank_invoice(&self, point: &str) -> Invoice {
        self.invoice_through(point, "bank_transfer", "bank").await
    }

    async fn invoice_through(&self, point: &str, provider: &str, code: &str) -> Invoice {
        let customer = format!("payer-of-{}", point.replace('.', "-"));
        self.link_customer(&customer, provider, code).await;
        let invoice = json!({
            "organization_id": Api::ORGANIZATION, "external_customer_id": customer,
            "amount_cents": AMOUNT, "currency": "INR", "purpose": format!("For {customer}"),
        });
        let made = self.api.expect("/api/v1/invoices", &invoice, 201).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        Invoice { id, customer }
    }

    /// The customer pays through the other connection from now on.
    pub(crate) async fn move_customer(&self, invoice: &Invoice) {
        self.link_customer(&invoice.customer, "cashfree", SECOND)
            .await;
    }

    /// The same, whatever comes of it.
    pub(crate) async fn try_move_customer(&self, invoice: &Invoice) -> Option<StatusCode> {
        self.try_link_customer(&invoice.customer, "cashfree", SECOND)
            .await
    }

    /// Asks for the address once, whatever comes of it.
    pub(crate) async fn try_ask(&self, invoice: &Invoice) -> Option<String> {
        let answer = self.try_post(invoice, "payment_url").await?;
        let url = answer["invoice_payment_details"]["payment_url"].as_str();
        url.map(str::to_owned)
    }

    /// Asks for the address as a patient person does. Another time it is the same.
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

    /// Voids an invoice and expects that nothing stands in the way.
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

    /// Does something on the link behind an address: `pay`, `fail`, `pending`, `expire`.
    pub(crate) async fn on_link(&self, url: &str, what: &str) -> Value {
        let link = self.control.link_of(url).await;
        let path = format!("links/{link}/{what}");
        self.control.post(&path, &json!({})).await
    }

    /// All calls of an operation fail like this from now on, or no longer.
    pub(crate) async fn fault(&self, operation: &str, fault: Option<&str>) {
        let faults = json!({"faults": {operation: fault}});
        self.control.post("settings", &faults).await;
    }

    /// What is told of the next changes goes wrong like this.
    pub(crate) async fn webhook_fault(&self, fault: Value) {
        self.control.post("webhook-faults", &fault).await;
    }

    /// The webhooks that were made for a link so far.
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

    /// From now on the application dies when it comes to this place.
    pub(crate) fn arm(&self, point: &str) {
        let beside = self.armed.with_extension("new");
        fs::write(&beside, point).expect("a file");
        // Whole at once, whoever reads it meanwhile.
        fs::rename(beside, &self.armed).expect("a file");
    }

    /// Waits for the death at the armed place, and starts the application again.
    pub(crate) async fn dies(&mut self, point: &str) {
        // The old process is waited for, and the new one is not armed.
        let placeholder = Program::start("billing-host", &["--version"], &[]);
        let dying = std::mem::replace(&mut self.host, placeholder);
        let (status, output) = dying.ended().await;
        let last = output.stderr.lines().last().unwrap_or_default();
        assert_eq!(last, format!("{LAST_WORDS}{point}"), "{}", output.stderr);
        assert_eq!(status.signal(), Some(ABORTED), "{status}");
        fs::remove_file(&self.armed).expect("the file");
        self.books.end_leases().await;
        (self.host, self.api) = start_host(&self.books, &self.gate, &self.door, &self.armed).await;
    }

    /// Waits until all is done, and holds an invoice against what it has come to.
    pub(crate) async fn expect(&self, invoice: &Invoice, outcome: &Outcome) {
        self.api.wait_for(&invoice.id, outcome.totals).await;
        self.rest().await;
        assert_eq!(self.api.totals(&invoice.id).await, outcome.totals);
        let shown = self.api.fetch(&invoice.id).await;
        let booked = list(&shown, "payments").iter();
        let booked = booked.filter(|it| !it["verdict"].is_null());
        assert_eq!(booked.count(), outcome.payments, "{shown:#}");
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
        assert_eq!(self.books.faults().await, Vec::<String>::new());
    }

    /// Waits until no webhook is under way and none is left to be applied.
    async fn rest(&self) {
        let mut under_way = Vec::new();
        for _ in 0..800 {
            let sent = self.control.list("deliveries").await;
            let is_sent =
                |it: &&Value| matches!(it["state"].as_str(), Some("pending" | "retrying"));
            under_way = self.books.faults().await;
            under_way.extend(sent.iter().filter(is_sent).map(ToString::to_string));
            if under_way.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no rest: {under_way:#?}");
    }

    /// Ends the programs. None of what the gateway sent was lost.
    pub(crate) async fn close(self) {
        let lost: Vec<_> = self.control.list("deliveries").await;
        let lost = lost.iter().filter(|it| it["state"] == "failed").count();
        assert_eq!(lost, 0, "webhooks that were given up");
        let output = self.host.kill().await;
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        self.books.remove().await;
    }
}

fn list<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}

async fn start_host(
    books: &Books,
    gate: &Relay,
    door: &Relay,
    armed: &std::path::Path,
) -> (Program, Api) {
    let key_file = books.directory.path().join("sealing.key");
    let (database, key_file) = (books.argument(), key_file.display().to_string());
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database,
        "--key-file",
        &key_file,
        "--simulator-url",
        gate.url(),
        "--public-url",
        door.url(),
        "--seed",
        "none",
    ];
    let armed = armed.display().to_string();
    let environment = [
        ("BILLING_HOST_API_KEY", Stage::KEY),
        ("RUST_LOG", "error"),
        (VARIABLE, &armed),
    ];
    let mut host = Program::start("billing-host", &arguments, &environment);
    let url = host.line_after("listening on ").await;
    door.lead_to(&url);
    (host, Api::new(url, Stage::KEY))
}
