//! Two processes of the billing application on one PostgreSQL database: whichever process receives a request or a
//! payment's webhook, everything happens once.

use std::collections::HashSet;
use std::path::Path;

use cross_crate_tests::{Api, Control, Program, Proxy, ServerDatabase, Stage};
use futures_util::future::join_all;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use test_support::{in_time, until};

/// The number of invoices that a test pays at once.
const INVOICES: usize = 24;

/// The number of further invoices for which each process creates the link alone.
const OWN_INVOICES: usize = 4;

/// The number of webhooks that a process works on at a time.
const CONCURRENCY: i64 = 8;

/// The simulator, and two processes that were started at the same moment.
struct Two {
    database: ServerDatabase,
    control: Control,
    apis: [Api; 2],
    hosts: Vec<Program>,
    /// The proxy between the processes and the simulator.
    proxy: Proxy,
    _simulator: Program,
    directory: tempfile::TempDir,
}

fn start_host(database: &ServerDatabase, directory: &Path, gateway: &str) -> Program {
    let (key, url) = (directory.join("sealing.key"), database.url());
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--key-file",
        key.to_str().unwrap(),
        "--simulator-url",
        gateway,
        "--seed",
        "none",
    ];
    let environment = [
        ("BILLING_HOST_API_KEY", Stage::KEY),
        ("BILLING_HOST_DATABASE", url.as_str()),
    ];
    Program::start("billing-host", &arguments, &environment)
}

impl Two {
    async fn start() -> Self {
        let database = ServerDatabase::create().await;
        let arguments = ["--listen", "127.0.0.1:0", "--retry-scale", "0.0001"];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
        let gateway = simulator.line_after("listening on ").await;
        let gateway = gateway.trim_end_matches('/').to_owned();
        let proxy = Proxy::to(gateway.trim_start_matches("http://").to_owned()).await;
        let directory = tempfile::tempdir().unwrap();
        let mut hosts: Vec<_> = (0..2)
            .map(|_| start_host(&database, directory.path(), &proxy.url()))
            .collect();
        let mut apis = Vec::new();
        for host in &mut hosts {
            let url = host.line_after("listening on ").await;
            apis.push(Api::new(url, Stage::KEY));
        }
        apis[0].set_up(&proxy.url(), Stage::SECRET).await;
        Self {
            database,
            control: Control::new(gateway),
            apis: apis.try_into().expect("two"),
            hosts,
            proxy,
            _simulator: simulator,
            directory,
        }
    }

    /// Returns the process for this number, and the other one.
    fn in_turn(&self, number: usize) -> (&Api, &Api) {
        (&self.apis[number % 2], &self.apis[(number + 1) % 2])
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoices_paid_through_two_processes_are_posted_once() {
    let two = Two::start().await;
    let make = (0..INVOICES).map(|number| {
        let (one, other) = two.in_turn(number);
        async move {
            let invoice = one.invoice(10_000).await;
            // Each link is requested from both processes at once, and twice from each.
            let urls = join_all([
                one.payment_url(&invoice),
                other.payment_url(&invoice),
                one.payment_url(&invoice),
                other.payment_url(&invoice),
            ])
            .await;
            let different: HashSet<_> = urls.iter().collect();
            assert_eq!(different.len(), 1, "{urls:?}");
            (invoice, urls[0].clone())
        }
    });
    let mut asked = join_all(make).await;
    // The process that creates those links is random, so each process also creates some alone.
    for number in 0..2 * OWN_INVOICES {
        let (one, other) = two.in_turn(number);
        let invoice = one.invoice(10_000).await;
        let url = one.payment_url(&invoice).await;
        assert_eq!(other.payment_url(&invoice).await, url);
        asked.push((invoice, url));
    }
    assert_eq!(two.control.list("links").await.len(), asked.len());

    let pay = asked.iter().map(|(_, url)| async {
        let link = two.control.link_of(url).await;
        two.control
            .post(&format!("links/{link}/pay"), &json!({}))
            .await;
    });
    join_all(pay).await;
    for (number, (invoice, _)) in asked.iter().enumerate() {
        let (one, other) = two.in_turn(number);
        other.wait_for(invoice, "succeeded 10000 0").await;
        one.wait_for(invoice, "succeeded 10000 0").await;
        let payments = one.fetch(invoice).await["payments"].clone();
        assert_eq!(payments.as_array().map(Vec::len), Some(1), "{payments}");
    }

    let expected = i64::try_from(asked.len()).unwrap();
    for query in [
        "SELECT count(*) FROM payment_provider.dedup_keys",
        "SELECT count(*) FROM payment_provider.payments WHERE allocation_outcome = 'exact'",
        "SELECT count(*) FROM payment_provider.checkouts",
        "SELECT sum(received)::bigint / 10000 FROM payment_provider.payables",
        "SELECT sum(amount_paid_cents)::bigint / 10000 FROM billing_invoices",
    ] {
        assert_eq!(two.database.number(query).await, expected, "{query}");
    }
    // The links of a process name its own address: both received webhooks.
    let deliveries = two.control.list("deliveries").await;
    let addresses: HashSet<_> = deliveries
        .iter()
        .map(|delivery| delivery["url"].as_str().unwrap_or_default())
        .collect();
    for api in &two.apis {
        let named = addresses.iter().any(|url| url.starts_with(api.url()));
        assert!(named, "{} is not among {addresses:?}", api.url());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_had_under_way_another_finishes() {
    let mut two = Two::start().await;
    let mut asked = Vec::new();
    for number in 0..INVOICES {
        // These links belong to the process that stays, so that the gateway reaches it.
        let (one, _) = two.in_turn(number);
        let invoice = one.invoice(10_000).await;
        let url = two.apis[1].payment_url(&invoice).await;
        asked.push((invoice, two.control.link_of(&url).await));
    }
    // A webhook this old is not trusted: the gateway is asked about each one, and does not answer.
    let old = json!({"webhooks": {"timestamp_age_seconds": 2 * 24 * 3600}});
    two.control.post("settings", &old).await;
    two.proxy.hold_answers(true);
    let pay = asked.iter().map(|(_, link)| {
        let path = format!("links/{link}/pay");
        let control = &two.control;
        async move { control.post(&path, &json!({})).await }
    });
    join_all(pay).await;
    // Neither process can hold that many alone.
    let leased = "SELECT count(*) FROM payment_provider.deliveries
                  WHERE state = 'pending' AND lease_until > extract(epoch FROM now()) * 1000";
    until(async || match two.database.number(leased).await {
        count if count == 2 * CONCURRENCY => Ok(()),
        count => Err(format!("{count} webhooks are being worked on")),
    })
    .await;
    two.hosts.remove(0).kill().await;
    two.proxy.hold_answers(false);
    // The leased webhooks are released when the lease ends: the test ends it now.
    let end = "UPDATE payment_provider.deliveries SET lease_until = 0 WHERE state = 'pending'";
    two.database.run(end).await;
    for (invoice, _) in &asked {
        two.apis[1].wait_for(invoice, "succeeded 10000 0").await;
    }
    let effects = "SELECT count(*) FROM payment_provider.dedup_keys";
    let expected = i64::try_from(INVOICES).unwrap();
    assert_eq!(two.database.number(effects).await, expected);
    let again = "SELECT count(*) FROM payment_provider.deliveries WHERE attempts > 1";
    let again = two.database.number(again).await;
    assert!(again >= CONCURRENCY, "{again} webhooks were taken over");
}

/// A browser with one cookie.
struct Browser {
    client: Client,
    cookie: String,
}

impl Browser {
    async fn send(&mut self, request: RequestBuilder) -> (StatusCode, String) {
        let request = request.header("cookie", &self.cookie);
        let answer = request.send().await.expect("an answer");
        if let Some(set) = answer.headers().get("set-cookie") {
            let set = set.to_str().unwrap();
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        (answer.status(), answer.text().await.unwrap())
    }

    async fn get(&mut self, at: &Api, path: &str) -> (StatusCode, String) {
        let request = self.client.get(format!("{}{path}", at.url()));
        self.send(request).await
    }

    async fn post(&mut self, at: &Api, path: &str, page: &str, more: &str) -> StatusCode {
        let (_, rest) = page
            .split_once("name=\"csrf_token\" value=\"")
            .expect("a form");
        let (token, _) = rest.split_once('"').unwrap();
        let request = self.client.post(format!("{}{path}", at.url()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(format!("csrf_token={token}&{more}"));
        self.send(request).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_good_at_every_process_and_ends_at_every_process() {
    let two = Two::start().await;
    let [one, other] = &two.apis;
    let client = Client::builder().no_proxy().redirect(Policy::none());
    let mut browser = Browser {
        client: client.build().unwrap(),
        cookie: String::new(),
    };
    let (_, form) = browser.get(one, "/sign-in").await;
    let key = format!("api_key={}", Stage::KEY);
    // The form of one process is sent to the other, as a balancer might do.
    let signed_in = browser.post(other, "/sign-in", &form, &key).await;
    assert_eq!(signed_in, StatusCode::SEE_OTHER);
    for api in [one, other] {
        assert_eq!(browser.get(api, "/").await.0, StatusCode::OK);
    }
    let (_, page) = browser.get(one, "/").await;
    let session = browser.cookie.clone();
    let signed_out = browser.post(one, "/sign-out", &page, "").await;
    assert_eq!(signed_out, StatusCode::SEE_OTHER);
    // A client that kept the cookie is rejected, by this process at once and by the other as soon as it learns of it.
    let mut refused = async |api| {
        browser.cookie.clone_from(&session);
        browser.get(api, "/").await.0 == StatusCode::SEE_OTHER
    };
    assert!(refused(one).await);
    let ended = async { while !refused(other).await {} };
    in_time("the session ends at the other process", ended).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_starts_later_does_not_wait_for_writers() {
    let two = Two::start().await;
    let mut writer = PgConnection::connect(&two.database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE billing_invoices, billing_customers IN ROW EXCLUSIVE MODE")
        .execute(&mut writer)
        .await
        .unwrap();
    let mut third = start_host(&two.database, two.directory.path(), &two.proxy.url());
    let url = third.line_after("listening on ").await;
    let invoice = Api::new(url, Stage::KEY).invoice(10_000).await;
    assert_eq!(two.apis[0].totals(&invoice).await, "pending 0 0");
    writer.close().await.unwrap();
}
