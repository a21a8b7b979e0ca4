//! The routes of the API.

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderValue, Response};
use payment_provider_conformance::wire::RecordedRequest;
use serde_json::{Value, json};

use super::{AcmeGateway, account, document, render};

/// Number of payments or refunds on one page.
const PAGE: usize = 25;

/// Creates an error response.
pub(super) fn refusal(status: u16, code: &str, field: Option<&str>) -> Response<Bytes> {
    let message = "contact support@acme.example";
    let body = json!({"error": {"code": code, "field": field, "message": message}});
    document(status, &body)
}

fn asked<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut pairs = query.iter();
    pairs.find_map(|(key, value)| (key == name).then_some(value.as_str()))
}

/// Creates the response with the requested page of a list.
fn page(name: &str, all: &[Value], query: &[(String, String)]) -> Response<Bytes> {
    let begin = asked(query, "from").and_then(|from| from.parse().ok());
    let begin: usize = begin.unwrap_or(0);
    let end = all.len().min(begin + PAGE);
    let next = (end < all.len()).then(|| end.to_string());
    let page = all.get(begin..end).unwrap_or_default();
    document(200, &json!({name: page, "next": next}))
}

impl AcmeGateway {
    pub(super) fn route(&self, request: &RecordedRequest) -> Response<Bytes> {
        let credentials = BASE64.encode(format!("{}:{}", self.key, self.secret).as_bytes());
        if request.header("authorization") != Some(&format!("Basic {credentials}")) {
            return refusal(401, "unauthorized", None);
        }
        let path = request.path().trim_start_matches("/v1/").to_owned();
        let parts: Vec<_> = path.split('/').collect();
        match (request.method.as_str(), &parts[..]) {
            ("GET", ["account"]) => document(200, &account()),
            ("POST", ["checkouts", reference]) => self.create(reference, request),
            ("GET", ["checkouts", name]) => self.look_up(name),
            ("POST", ["checkouts", reference, "cancel"]) => self.cancel(reference),
            ("GET", ["payments"]) => self.payments(&request.query_pairs()),
            ("GET", ["refunds"]) => self.refunds(&request.query_pairs()),
            ("PUT", ["customers", id]) => self.customer(id, false),
            ("POST", ["customers", id]) => self.customer(id, true),
            _ => refusal(404, "no_such_path", None),
        }
    }

    /// Creates a checkout. A repeated body with the same idempotency key gets the first response
    /// again; a different body with the same key is refused.
    fn create(&self, reference: &str, request: &RecordedRequest) -> Response<Bytes> {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refusal(422, "not_json", None);
        };
        let Some(amount) = render::read_amount(self.features, &body["amount"], &body["currency"])
        else {
            return refusal(422, "field_not_accepted", Some("amount"));
        };
        let mut state = self.lock();
        let key = request.header("acme-key").unwrap_or_default().to_owned();
        if let Some((first, answer)) = state.keys.get(&key) {
            if first[..] != request.body[..] {
                return refusal(409, "key_reused", None);
            }
            let mut response = document(200, answer);
            let headers = response.headers_mut();
            headers.insert("acme-replayed", HeaderValue::from_static("yes"));
            return response;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let checkout = state.make(reference, amount);
        checkout.tag = text(&body["tag"]);
        checkout.ends = text(&body["ends"]).unwrap_or_default();
        let answer = match state.checkouts.last() {
            Some(made) => render::checkout(self.features, &state, made),
            None => Value::Null,
        };
        if !key.is_empty() {
            let first = (request.body.to_vec(), answer.clone());
            state.keys.insert(key, first);
        }
        document(201, &answer)
    }

    fn look_up(&self, name: &str) -> Response<Bytes> {
        let mut state = self.lock();
        if state.look_up(name).is_none() {
            return refusal(404, "no_such_checkout", None);
        }
        self.found_response(&state, name)
    }

    fn found_response(&self, state: &super::State, name: &str) -> Response<Bytes> {
        match state.find(name) {
            Some(found) => document(200, &render::checkout(self.features, state, found)),
            None => refusal(404, "no_such_checkout", None),
        }
    }

    fn cancel(&self, reference: &str) -> Response<Bytes> {
        let mut state = self.lock();
        let Some(found) = state.find(reference) else {
            return refusal(404, "no_such_checkout", None);
        };
        let open = matches!(state.status(found).as_str(), "waiting" | "part_paid");
        if !open || found.refuses_cancellation {
            return refusal(409, "not_cancellable", None);
        }
        if state
            .change(reference, |checkout| checkout.void = true)
            .is_err()
        {
            return refusal(404, "no_such_checkout", None);
        }
        self.found_response(&state, reference)
    }

    fn payments(&self, query: &[(String, String)]) -> Response<Bytes> {
        let state = self.lock();
        let reference = asked(query, "reference");
        let matching = state
            .payments
            .iter()
            .filter(|attempt| reference.is_none_or(|reference| reference == attempt.reference));
        let all = matching.map(|attempt| render::payment(self.features, attempt));
        page("payments", &all.collect::<Vec<_>>(), query)
    }

    fn refunds(&self, query: &[(String, String)]) -> Response<Bytes> {
        let state = self.lock();
        let payment = asked(query, "payment");
        let matching = state
            .refunds
            .iter()
            .filter(|refund| payment.is_none_or(|payment| payment == refund.payment));
        let all = matching.map(|refund| render::refund(self.features, refund));
        page("refunds", &all.collect::<Vec<_>>(), query)
    }

    fn customer(&self, id: &str, always_create: bool) -> Response<Bytes> {
        let mut state = self.lock();
        let known = state.customers.iter().position(|known| known == id);
        let number = known.filter(|_| !always_create).unwrap_or_else(|| {
            state.customers.push(id.to_owned());
            state.customers.len() - 1
        });
        document(200, &json!({"id": format!("cus_{number:05}")}))
    }
}
