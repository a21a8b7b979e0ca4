//! The attacks that one organization can try against another over HTTP: with valid signatures, at routes that exist,
//! naming the other's objects in every place where a Cashfree body can name one.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cross_crate_tests::{Api, Stage};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha2::Sha256;
use test_support::until;

const ATTACKER: &str = "mallory";
/// The secret of the attacker's own account at the gateway.
const ATTACKERS_SECRET: &str = "cfsk_ma_test_mallory";

struct Ground {
    stage: Stage,
    client: Client,
    /// The victim's invoices: one that is paid and one that can be.
    invoices: [String; 2],
    /// The gateway's webhooks to the victim about the first invoice.
    webhooks: Vec<Value>,
    /// Our reference of the victim's second link; `link` is the gateway's name for it.
    reference: String,
    link: Value,
}

/// The visible state of the victim.
type Standing = Vec<Value>;

impl Ground {
    async fn new() -> Self {
        let stage = Stage::set_up().await;
        let merchant = json!({"client_id": "MALLORY", "client_secrets": [ATTACKERS_SECRET]});
        stage.control.post("merchants", &merchant).await;
        let accounts = [
            (ATTACKER, "main", "MALLORY", ATTACKERS_SECRET),
            // The gateway account that the victim's connection uses as well.
            (ATTACKER, "shared", "TEST_SIMULATOR", Stage::SECRET),
            (Api::ORGANIZATION, "only", "TEST_SIMULATOR", Stage::SECRET),
        ];
        for (organization, code, id, secret) in accounts {
            let connection = connection(&stage, organization, code, id, secret);
            stage
                .api
                .expect("/api/v1/connections", &connection, 201)
                .await;
        }
        for (organization, customer, code) in [
            (ATTACKER, "customer-1", "main"),
            (Api::ORGANIZATION, "customer-2", "main"),
        ] {
            let customer = customer_of(organization, customer, code);
            stage.api.expect("/api/v1/customers", &customer, 201).await;
        }
        let paid = stage.ask_for("Paid", 20_012).await;
        stage.on_link(&paid.link, "pay").await;
        stage.api.wait_for(&paid.invoice, "succeeded 20012 0").await;
        stage.api.wait_for_applied(2).await;
        let webhooks = stage.control.deliveries_of(&paid.link, 2).await;
        let open = stage.ask_for("Open", 30_000).await;
        let link = stage.control.get(&format!("links/{}", open.link)).await["link"].clone();
        Self {
            stage,
            client: Client::builder().no_proxy().build().unwrap(),
            invoices: [paid.invoice, open.invoice],
            webhooks,
            reference: open.link,
            link,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.stage.api.request(Method::GET, path).send().await;
        answer.unwrap().json().await.unwrap()
    }

    async fn deliveries(&self, organization: &str, code: &str) -> Value {
        let path = format!(
            "/api/v1/connections/{code}/deliveries?organization_id={organization}&limit=500"
        );
        self.get(&path).await["deliveries"].clone()
    }

    async fn standing(&self) -> Standing {
        let organization = Api::ORGANIZATION;
        let path = format!("/api/v1/connections?organization_id={organization}");
        let mut connections = self.get(&path).await;
        // The attempts themselves are counted for the victim to see.
        for connection in connections["connections"].as_array_mut().unwrap() {
            connection["refused_deliveries"].take();
        }
        let mut seen = vec![
            connections,
            self.get(&format!("/api/v1/invoices?organization_id={organization}"))
                .await,
        ];
        for invoice in &self.invoices {
            seen.push(self.stage.api.fetch(invoice).await);
        }
        for code in ["main", "only"] {
            seen.push(self.deliveries(organization, code).await);
        }
        seen
    }

    /// Waits until the attacker's webhooks are handled, and asserts that none of them was applied to an invoice.
    async fn attackers_rest(&self) {
        for code in ["main", "shared"] {
            let found = until(async || {
                let found = self.deliveries(ATTACKER, code).await;
                let all = found.as_array().unwrap();
                if all.iter().all(|it| it["state"] != "pending") {
                    Ok(found)
                } else {
                    Err(format!("webhooks are pending: {found:#}"))
                }
            })
            .await;
            for delivery in found.as_array().unwrap() {
                let state = delivery["state"].as_str().unwrap();
                assert!(matches!(state, "unmatched" | "ignored"), "{delivery}");
            }
        }
    }

    /// Returns the amount that the attacker's invoices received.
    async fn gained(&self) -> i64 {
        let invoices = self
            .get(&format!("/api/v1/invoices?organization_id={ATTACKER}"))
            .await;
        let invoices = invoices["invoices"].as_array().unwrap();
        let of = |it: &Value, field: &str| it[field].as_i64().unwrap();
        let got = |it| of(it, "amount_paid_cents") + of(it, "surplus_cents");
        invoices.iter().map(got).sum()
    }

    async fn send(&self, route: &str, headers: &[(String, String)], body: &str) -> u16 {
        let mut request = self.client.post(format!("{}{route}", self.stage.api.url()));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        answer.status().as_u16()
    }
}

fn connection(stage: &Stage, organization: &str, code: &str, id: &str, secret: &str) -> Value {
    json!({
        "organization_id": organization, "provider": "cashfree", "code": code, "name": "Account",
        "settings": {
            "client_id": id, "client_secret": secret, "environment": "sandbox",
            "base_url": format!("{}/pg", stage.proxy.url()),
        },
    })
}

fn customer_of(organization: &str, customer: &str, code: &str) -> Value {
    json!({
        "organization_id": organization, "external_id": customer, "name": "Asha Rao",
        "email": "asha@example.com", "phone": "9000000000",
        "payment_provider": "cashfree", "payment_provider_code": code,
    })
}

/// Returns the headers that a holder of this secret would send with a body.
fn signed(secret: &str, body: &str) -> Vec<(String, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let timestamp = now.as_millis().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    [
        ("x-webhook-timestamp", timestamp),
        ("x-webhook-signature", signature),
        ("x-webhook-version", "2025-01-01".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn genuine(delivery: &Value) -> (Vec<(String, String)>, String) {
    let headers = delivery["headers"].as_object().unwrap();
    let headers = headers.iter().filter(|(name, _)| name.starts_with("x-"));
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let body = delivery["body"].as_str().unwrap();
    (headers.collect(), body.to_owned())
}

/// Returns bodies that name the victim's link, each in one of the places where a body can name it.
fn bodies(ground: &Ground) -> Vec<(&'static str, String)> {
    let Ground {
        reference, link, ..
    } = ground;
    let number = link["cf_link_id"].to_string().replace('"', "");
    let notes = json!({
        "link_id": reference, "reference": reference, "organization_id": Api::ORGANIZATION,
        "connection": "main", "invoice": ground.invoices[1],
    });
    let of_link = |id: &str, number: &str, status: &str, notes: &Value| {
        json!({
            "type": "PAYMENT_LINK_EVENT", "version": 1, "event_time": "2026-11-22T10:00:00+05:30",
            "data": {
                "cf_link_id": number.parse::<i64>().unwrap(), "link_id": id,
                "link_status": status, "link_currency": "INR", "link_amount": "300.00",
                "link_amount_paid": if status == "PAID" { "300.00" } else { "0.00" },
                "link_notes": notes,
                "order": {
                    "order_id": "CFPay_mallory", "order_amount": "300.00",
                    "transaction_id": 4242, "transaction_status": "SUCCESS",
                },
            },
        })
        .to_string()
    };
    let of_order = |order: &str, tags: &Value, customer: &str, payment: &str| {
        json!({
            "type": "PAYMENT_SUCCESS_WEBHOOK", "event_time": "2026-11-22T10:00:00+05:30",
            "data": {
                "order": {
                    "order_id": order, "order_amount": 300.00, "order_currency": "INR",
                    "order_tags": tags,
                },
                "payment": {
                    "cf_payment_id": payment, "payment_status": "SUCCESS",
                    "payment_amount": 300.00, "payment_currency": "INR",
                },
                "customer_details": {"customer_id": customer, "customer_name": null},
            },
        })
        .to_string()
    };
    let refund = json!({
        "type": "REFUND_STATUS_WEBHOOK", "event_time": "2026-11-22T10:00:00+05:30",
        "data": {"refund": {
            "cf_refund_id": "9001", "refund_id": reference, "refund_amount": 300.00,
            "refund_currency": "INR", "refund_status": "SUCCESS", "cf_payment_id": "1",
            "order_id": ground.webhooks[0]["order_id"], "refund_note": reference,
        }},
    });
    let none = json!({});
    let tags = json!({"link_id": reference, "cf_link_id": number});
    let order = ground.webhooks[0]["order_id"].as_str().unwrap_or_default();
    vec![
        (
            "their link is paid",
            of_link(reference, &number, "PAID", &none),
        ),
        (
            "their link is cancelled",
            of_link(reference, &number, "CANCELLED", &none),
        ),
        (
            "their reference with a number of ours",
            of_link(reference, "77", "PAID", &none),
        ),
        (
            "their number with a reference of ours",
            of_link("ours", &number, "PAID", &none),
        ),
        (
            "notes that name them",
            of_link("ours", "77", "PAID", &notes),
        ),
        (
            "an order tagged with their link",
            of_order("ours", &tags, "c", "1"),
        ),
        (
            "an order tagged with their name",
            of_order("ours", &notes, "c", "2"),
        ),
        ("their order", of_order(order, &none, "c", "3")),
        (
            "an order of their customer",
            of_order("ours", &none, "customer-1", "4"),
        ),
        ("a refund of their order", refund.to_string()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_reach_what_is_their_senders_own() {
    let ground = Ground::new().await;
    let before = ground.standing().await;
    let mut attempts = 0;
    let check = async |name: String, found: u16, expected: u16| {
        assert_eq!(found, expected, "{name}");
        ground.attackers_rest().await;
        assert_eq!(ground.standing().await, before, "{name}");
        assert_eq!(ground.gained().await, 0, "{name}");
    };
    let ours = format!("/webhooks/cashfree/{ATTACKER}?code=main");
    let shared = format!("/webhooks/cashfree/{ATTACKER}?code=shared");
    let theirs = "/webhooks/cashfree/acme?code=main".to_owned();

    for delivery in &ground.webhooks {
        let (headers, body) = genuine(delivery);
        for (route, status) in [(&ours, 401), (&shared, 200)] {
            let found = ground.send(route, &headers, &body).await;
            check(format!("{} sent on", delivery["event_type"]), found, status).await;
            attempts += 1;
        }
    }
    for (name, body) in bodies(&ground) {
        for (route, secret, status) in [
            (&ours, ATTACKERS_SECRET, 200),
            (&shared, Stage::SECRET, 200),
            (&theirs, ATTACKERS_SECRET, 401),
        ] {
            let found = ground.send(route, &signed(secret, &body), &body).await;
            check(format!("{name}, at {route}"), found, status).await;
            attempts += 1;
        }
    }
    let (_, body) = bodies(&ground).swap_remove(0);
    for (route, status) in [
        ("/webhooks/cashfree/mallory?code=only", 404),
        ("/webhooks/cashfree/mallory?code=none", 404),
        ("/webhooks/cashfree/unknown?code=main", 404),
        ("/webhooks/razorpay/acme?code=main", 404),
        ("/webhooks/cashfree/mallory%2F..%2Facme?code=main", 404),
        (
            "/webhooks/cashfree/mallory?code=main&organization_id=acme",
            200,
        ),
        (
            "/webhooks/cashfree/acme?code=main&organization_id=mallory",
            401,
        ),
        ("/webhooks/cashfree/acme?code=only", 401),
    ] {
        let headers = signed(ATTACKERS_SECRET, &body);
        let found = ground.send(route, &headers, &body).await;
        check(route.to_owned(), found, status).await;
        attempts += 1;
    }
    println!("attempts by webhook over HTTP: {attempts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_the_name_of_one_organization_reach_nothing_of_another() {
    let ground = Ground::new().await;
    let before = ground.standing().await;
    let invoice = |customer: &str| {
        json!({
            "organization_id": ATTACKER, "external_customer_id": customer,
            "amount_cents": 100, "currency": "INR", "purpose": "Open",
        })
    };
    let in_name = format!("?organization_id={ATTACKER}");
    let stage = &ground.stage;
    let calls = [
        (
            "an invoice for their customer",
            "/api/v1/invoices".to_owned(),
            invoice("customer-2"),
            422,
        ),
        (
            "an invoice for a customer of the same id",
            "/api/v1/invoices".to_owned(),
            invoice("customer-1"),
            201,
        ),
        (
            "our customer through their connection",
            "/api/v1/customers".to_owned(),
            customer_of(ATTACKER, "customer-3", "only"),
            201,
        ),
        (
            "a customer of their id",
            "/api/v1/customers".to_owned(),
            customer_of(ATTACKER, "customer-2", "main"),
            201,
        ),
        (
            "a check of their connection",
            format!("/api/v1/connections/only/check{in_name}"),
            json!({}),
            404,
        ),
        (
            "a connection of their code",
            "/api/v1/connections".to_owned(),
            connection(stage, ATTACKER, "only", "MALLORY", ATTACKERS_SECRET),
            201,
        ),
    ];
    let mut attempts = 0;
    let unseen = format!("/api/v1/connections/only/deliveries{in_name}");
    let answer = stage
        .api
        .request(Method::GET, &unseen)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    attempts += 1;
    for (name, path, body, status) in calls {
        let answer = stage.api.expect(&path, &body, status).await;
        if name == "our customer through their connection" {
            assert_eq!(answer["linked"], false, "{answer}");
        }
        assert_eq!(ground.standing().await, before, "{name}");
        attempts += 1;
    }
    let listed = ground.get(&format!("/api/v1/invoices{in_name}")).await;
    for invoice in listed["invoices"].as_array().unwrap() {
        assert_eq!(invoice["organization_id"], ATTACKER);
        let url = stage.api.payment_url(invoice["id"].as_str().unwrap()).await;
        assert_ne!(ground.link["link_url"], url.as_str());
    }
    assert_eq!(ground.standing().await, before);
    attempts += 2;
    println!("attempts by call over HTTP: {attempts}");
}
