//! An in-memory Razorpay, written from its public documentation and from known responses. It shares
//! no code with the provider, so that a misreading cannot go unnoticed in both.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test file uses a part of it"
)]

mod behaviour;
mod customers;
mod entities;
mod events;
mod links;
mod payers;
mod refunds;
mod responses;
mod validation;

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{Method, Request, Response};
use serde_json::Value;

pub use behaviour::{Behaviour, ListShape, NotesShape, OrderShape};
pub use events::{Delivery, hmac_hex, return_url};

/// One account at Razorpay.
#[derive(Clone)]
pub struct Fake(Arc<Mutex<State>>);

pub struct State {
    pub key_id: String,
    pub key_secret: String,
    /// Seconds since 1970.
    pub now: i64,
    pub behaviour: Behaviour,
    links: Vec<Link>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    customers: Vec<Value>,
    deliveries: Vec<Delivery>,
    ids: u64,
}

/// A stored payment link.
#[derive(Clone)]
struct Link {
    id: String,
    request: Value,
    status: String,
    amount_paid: i64,
    order_id: Option<String>,
    created_at: i64,
    updated_at: i64,
    expire_by: i64,
    expired_at: i64,
    cancelled_at: i64,
}

#[derive(Clone)]
struct Payment {
    id: String,
    link_id: String,
    order_id: String,
    /// The part that counts toward the link.
    amount: i64,
    /// The fee on top of it, which the payer bears.
    payer_fee: Option<i64>,
    unstated_fee: bool,
    unstated_bearer: bool,
    status: String,
    created_at: i64,
}

#[derive(Clone)]
struct Refund {
    id: String,
    payment_id: String,
    amount: i64,
    status: String,
    created_at: i64,
}

impl Fake {
    /// Creates an account with this key and without links.
    pub fn new(key_id: &str, key_secret: &str, now: i64) -> Self {
        Self(Arc::new(Mutex::new(State {
            key_id: key_id.to_owned(),
            key_secret: key_secret.to_owned(),
            now,
            behaviour: Behaviour::default(),
            links: Vec::new(),
            payments: Vec::new(),
            refunds: Vec::new(),
            customers: Vec::new(),
            deliveries: Vec::new(),
            ids: 0,
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Changes the behaviour from now on.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().behaviour);
    }

    /// Processes a request and returns the response.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.state().answer(request)
    }

    /// Returns the number of links with this reference.
    pub fn count(&self, reference: &str) -> usize {
        let state = self.state();
        let of = |link: &&Link| link.request["reference_id"] == reference;
        state.links.iter().filter(of).count()
    }

    /// Returns all deliveries so far and clears them.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.state().deliveries)
    }

    /// Returns all deliveries about this payment.
    pub fn deliveries_about(&self, payment: &str) -> Vec<Delivery> {
        let state = self.state();
        let found = state
            .deliveries
            .iter()
            .filter(|delivery| delivery.payment == payment);
        found.cloned().collect()
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some(answer) = self.injected_failure(request) {
            return answer;
        }
        if !self.is_authorized(request) {
            return responses::unauthorized(self.behaviour.bare_error);
        }
        let path = request.uri().path().trim_start_matches("/v1");
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let query = Query::of(request);
        let body = request.body();
        match (request.method(), &parts[..]) {
            (&Method::POST, ["payment_links"]) => self.create(body),
            (&Method::GET, ["payment_links"]) => self.list(&query),
            (&Method::GET, ["payment_links", id]) => self.fetch(id),
            (&Method::PATCH, ["payment_links", id]) => self.update(id, body),
            (&Method::POST, ["payment_links", id, "cancel"]) => self.cancel(id),
            (&Method::GET, ["orders", id, "payments"]) => self.order_payments(id, &query),
            (&Method::GET, ["payments", id, "refunds"]) => self.payment_refunds(id, &query),
            (&Method::POST, ["customers"]) => self.customer(body),
            _ => responses::raw(404, "no Route matched with those values"),
        }
    }

    /// Returns true if the `Authorization` header has exactly the expected `Basic` form.
    fn is_authorized(&self, request: &Request<Bytes>) -> bool {
        let pair = format!("{}:{}", self.key_id, self.key_secret);
        let expected = format!("Basic {}", BASE64.encode(pair.as_bytes()));
        let given = request.headers().get("authorization");
        given.is_some_and(|given| given.as_bytes() == expected.as_bytes())
    }

    /// Returns a new id: a prefix with 14 letters and digits.
    fn id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}Fake{:010}", self.ids)
    }

    fn link(&mut self, reference: &str) -> usize {
        let of = |link: &Link| link.request["reference_id"] == reference;
        self.links.iter().position(of).expect("a link")
    }
}

/// The parameters of a query.
pub struct Query(Vec<(String, String)>);

impl Query {
    fn of(request: &Request<Bytes>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let url = url::Url::parse(&format!("http://fake/?{query}")).unwrap();
        Self(url.query_pairs().into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).map_or(default, |text| text.parse().unwrap())
    }
}
