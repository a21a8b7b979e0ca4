//! Two organizations on one database: one whose payments are measured, and one that disturbs.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use cross_crate_tests::{Api, Control, Database, Program, Proxy, ServerDatabase, Stage};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use reqwest::Client;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::measure::Times;
use crate::pace::Flood;
use crate::webhooks::{Payment, Webhook};

pub(crate) const ATTACKER: &str = "mallory";
const ATTACKERS_SECRET: &str = "cfsk_ma_test_mallory";
pub(crate) const AMOUNT: i64 = 20_012;
/// The number of requests made at a time while the ground is prepared.
const AT_ONCE: usize = 8;
/// The time between two looks at the posted payments.
const LOOK: Duration = Duration::from_millis(2);
/// A payment that is not posted by then is lost.
const LONGEST: Duration = Duration::from_mins(3);
/// The age at which a webhook is no longer trusted, and the gateway is queried.
const STALE: SignedDuration = SignedDuration::from_hours(25);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// A file that one process uses.
    Sqlite,
    /// A server that three processes share.
    Postgres,
}

/// A checkout with its invoice.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) invoice: String,
    /// The reference of the link, and the gateway's number of it.
    pub(crate) reference: String,
    pub(crate) gateway_id: String,
}

#[derive(Debug)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The programs, their database, and the checkouts of the organization that is measured.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) apis: Vec<Api>,
    pub(crate) control: Control,
    /// The way of the disturbing organization to the gateway.
    pub(crate) proxy: Proxy,
    checkouts: Vec<Checkout>,
    client: Client,
    pool: Pool,
    _hosts: Vec<Program>,
    _simulator: Program,
    _server: Option<ServerDatabase>,
    _directory: TempDir,
}

impl Ground {
    /// Starts everything, with this many checkouts that can be paid.
    pub(crate) async fn prepare(store: Store, checkouts: usize) -> Self {
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--webhook-url",
            "http://127.0.0.1:9/none",
        ];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
        let gateway = simulator.line_after("listening on ").await;
        let gateway = gateway.trim_end_matches('/').to_owned();
        let proxy = Proxy::to(gateway.trim_start_matches("http://").to_owned()).await;
        let directory = tempfile::tempdir().expect("a directory");
        let (database, server, processes) = match store {
            Store::Sqlite => (Database::file_in(directory.path()), None, 1),
            Store::Postgres => {
                let server = ServerDatabase::create().await;
                (Database::Server(server.url()), Some(server), 3)
            }
        };
        let mut hosts: Vec<_> = (0..processes)
            .map(|_| start_host(&database, directory.path(), &gateway))
            .collect();
        let mut apis = Vec::new();
        for host in &mut hosts {
            apis.push(Api::new(host.line_after("listening on ").await, Stage::KEY));
        }
        let pool = match &database {
            Database::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                Pool::Sqlite(SqlitePool::connect_lazy_with(options))
            }
            Database::Server(url) => Pool::Postgres(PgPool::connect_lazy(url).expect("a pool")),
        };
        let mut ground = Self {
            apis,
            control: Control::new(gateway.clone()),
            proxy,
            checkouts: Vec::new(),
            client: Client::builder().no_proxy().build().expect("a client"),
            pool,
            _hosts: hosts,
            _simulator: simulator,
            _server: server,
            _directory: directory,
        };
        ground.apis[0].set_up(&gateway, Stage::SECRET).await;
        ground.set_up_attacker().await;
        ground.checkouts = ground.create_checkouts(Api::ORGANIZATION, checkouts).await;
        ground
    }

    async fn set_up_attacker(&self) {
        let merchant = json!({"client_id": "MALLORY", "client_secrets": [ATTACKERS_SECRET]});
        self.control.post("merchants", &merchant).await;
        let connection = json!({
            "organization_id": ATTACKER, "provider": "cashfree", "code": "main",
            "name": "Their account",
            "settings": {
                "client_id": "MALLORY", "client_secret": ATTACKERS_SECRET,
                "environment": "sandbox", "base_url": format!("{}/pg", self.proxy.url()),
            },
        });
        self.apis[0]
            .expect("/api/v1/connections", &connection, 201)
            .await;
        let customer = json!({
            "organization_id": ATTACKER, "external_id": "customer-1", "name": "Asha Rao",
            "email": "asha@example.com", "phone": "9000000000",
            "payment_provider": "cashfree", "payment_provider_code": "main",
        });
        self.apis[0]
            .expect("/api/v1/customers", &customer, 201)
            .await;
    }

    /// Creates this many checkouts of the organization that disturbs.
    pub(crate) async fn attacking_checkouts(&self, number: usize) -> Vec<Checkout> {
        self.create_checkouts(ATTACKER, number).await
    }

    async fn create_checkouts(&self, organization: &str, number: usize) -> Vec<Checkout> {
        let create = |index: usize| async move {
            let api = &self.apis[index % self.apis.len()];
            let invoice = json!({
                "organization_id": organization, "external_customer_id": "customer-1",
                "amount_cents": AMOUNT, "currency": "INR", "purpose": "An invoice",
            });
            let made = api.expect("/api/v1/invoices", &invoice, 201).await;
            let invoice = made["id"].as_str().expect("an id").to_owned();
            api.payment_url(&invoice).await;
            invoice
        };
        let mut creating = stream::iter(0..number)
            .map(create)
            .buffer_unordered(AT_ONCE);
        while creating.next().await.is_some() {}
        let query = format!(
            "SELECT payable_id, reference, gateway_id FROM OF.checkouts AS checkout
             JOIN OF.payables AS payable ON payable.payable_pk = checkout.payable_pk
             WHERE payable.organization_id = '{organization}'"
        );
        let rows = self.pool.rows(&query).await;
        assert_eq!(rows.len(), number, "checkouts of {organization}");
        let checkout = |[invoice, reference, gateway_id]: [String; 3]| Checkout {
            invoice,
            reference,
            gateway_id,
        };
        rows.into_iter().map(checkout).collect()
    }

    /// Sends the webhooks of payments of these checkouts at this pace, and returns the time until each was posted.
    pub(crate) async fn post_payments(&self, which: Range<usize>, pace: Duration) -> Times {
        let start = Instant::now();
        let sending = async {
            let mut ticks = interval(pace);
            let mut requests = Vec::new();
            let mut sent = HashMap::new();
            for number in which.clone() {
                ticks.tick().await;
                let checkout = &self.checkouts[number];
                let webhook = checkout
                    .payment(number)
                    .webhook(Stage::SECRET, SignedDuration::ZERO);
                sent.insert(checkout.invoice.clone(), Instant::now());
                requests.push(tokio::spawn(self.send(Api::ORGANIZATION, number, webhook)));
            }
            for request in requests {
                request.await.expect("the payment is accepted");
            }
            sent
        };
        let looking = async {
            let mut ticks = interval(LOOK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut posted: HashMap<String, Instant> = HashMap::new();
            let expected: Vec<_> = which
                .clone()
                .map(|number| &self.checkouts[number].invoice)
                .collect();
            let query = posted_of(Api::ORGANIZATION);
            while !expected.iter().all(|invoice| posted.contains_key(*invoice)) {
                ticks.tick().await;
                assert!(
                    start.elapsed() < LONGEST,
                    "{} of {} are posted",
                    posted.len(),
                    expected.len()
                );
                for [invoice] in self.pool.rows(&query).await {
                    posted.entry(invoice).or_insert_with(Instant::now);
                }
            }
            posted
        };
        let (sent, posted) = tokio::join!(sending, looking);
        let times = sent
            .iter()
            .map(|(invoice, at)| posted[invoice].duration_since(*at));
        Times::new(times.collect(), start.elapsed())
    }

    /// Sends old webhooks of payments of these checkouts: the gateway is queried about each.
    pub(crate) async fn send_claims(&self, checkouts: &[Checkout]) {
        let claims = checkouts.iter().enumerate().map(|(number, checkout)| {
            let webhook = checkout
                .payment(1_000_000 + number)
                .webhook(ATTACKERS_SECRET, STALE);
            self.send(ATTACKER, number, webhook)
        });
        let mut sending = stream::iter(claims).buffer_unordered(AT_ONCE);
        while sending.next().await.is_some() {}
    }

    /// Starts to send valid events about links that are unknown.
    pub(crate) fn flood(&self, per_second: u32) -> Flood {
        let requests: Vec<_> = self.apis.iter().map(|api| address(api, ATTACKER)).collect();
        let client = self.client.clone();
        Flood::start(per_second, move |number| {
            let link = format!("unknown_{number}");
            let payment = Payment {
                link: (&link, "1"),
                number: 2_000_000 + number,
                amount: AMOUNT,
            };
            let webhook = payment.webhook(ATTACKERS_SECRET, SignedDuration::ZERO);
            send(
                client.clone(),
                requests[number % requests.len()].clone(),
                webhook,
            )
        })
    }

    fn send(
        &self,
        organization: &str,
        number: usize,
        webhook: Webhook,
    ) -> impl Future<Output = ()> + Send + use<> {
        let api = &self.apis[number % self.apis.len()];
        send(self.client.clone(), address(api, organization), webhook)
    }

    /// Returns the number of the disturbing organization's deliveries that are pending.
    pub(crate) async fn pending_of_attacker(&self) -> usize {
        let query = format!(
            "SELECT state FROM OF.deliveries AS delivery
             JOIN OF.connections AS connection ON connection.connection_pk = delivery.connection_pk
             WHERE connection.organization_id = '{ATTACKER}' AND state = 'pending'"
        );
        self.pool.rows::<1>(&query).await.len()
    }

    /// Returns true if this amount is received for an invoice of the disturbing organization.
    pub(crate) async fn received(&self, invoice: &str, amount: i64) -> bool {
        let query = format!(
            "SELECT payable_id FROM OF.payables WHERE organization_id = '{ATTACKER}'
             AND payable_id = '{invoice}' AND received >= {amount}"
        );
        !self.pool.rows::<1>(&query).await.is_empty()
    }
}

impl Checkout {
    pub(crate) fn payment(&self, number: usize) -> Payment<'_> {
        Payment {
            link: (&self.reference, &self.gateway_id),
            number,
            amount: AMOUNT,
        }
    }
}

impl Pool {
    /// Runs a query of text columns. `OF.` precedes the names of the runtime's tables.
    async fn rows<const COLUMNS: usize>(&self, query: &str) -> Vec<[String; COLUMNS]> {
        fn texts<R: sqlx::Row, const COLUMNS: usize>(row: &R) -> [String; COLUMNS]
        where
            usize: sqlx::ColumnIndex<R>,
            String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
        {
            std::array::from_fn(|column| row.get(column))
        }
        match self {
            Self::Sqlite(pool) => {
                let query = sqlx::query(AssertSqlSafe(query.replace("OF.", "")));
                let rows = query.fetch_all(pool).await.expect("rows");
                rows.iter().map(texts).collect()
            }
            Self::Postgres(pool) => {
                let query = sqlx::query(AssertSqlSafe(query.replace("OF.", "payment_provider.")));
                let rows = query.fetch_all(pool).await.expect("rows");
                rows.iter().map(texts).collect()
            }
        }
    }
}

fn posted_of(organization: &str) -> String {
    format!(
        "SELECT payable_id FROM OF.payables WHERE organization_id = '{organization}' AND received > 0"
    )
}

fn address(api: &Api, organization: &str) -> String {
    format!("{}/webhooks/cashfree/{organization}?code=main", api.url())
}

async fn send(client: Client, address: String, webhook: Webhook) {
    let mut request = client.post(address);
    for (name, value) in webhook.headers {
        request = request.header(name, value);
    }
    let answer = request.body(webhook.body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "the webhook is accepted");
}

fn start_host(database: &Database, directory: &Path, gateway: &str) -> Program {
    let (key, database) = (directory.join("sealing.key"), database.argument());
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--key-file",
        key.to_str().expect("a path in text"),
        "--database",
        &database,
        "--simulator-url",
        gateway,
        "--seed",
        "none",
    ];
    let environment = [("BILLING_HOST_API_KEY", Stage::KEY), ("RUST_LOG", "error")];
    Program::start("billing-host", &arguments, &environment)
}
