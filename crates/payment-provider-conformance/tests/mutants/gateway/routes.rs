//! What the gateway answers.

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderValue, Response};
use payment_provider_conformance::wire::RecordedRequest;
use serde_json::{Value, json};

use super::{AcmeGateway, account, document, render};

/// How many payments are told at once.
const PAGE: usize = 25;

/// How the gateway says no.
pub(super) fn refusal(status: u16, code: &str, field: Option<&str>) -> Response<Bytes> {
    let message = "ask support@acme.example about it";
    let body = json!({"error": {"code": code, "field": field, "message": message}});
    document(status, &body)
}

impl AcmeGateway {
    pub(super) fn route(&self, request: &RecordedRequest) -> Response<Bytes> {
        let credentials = BASE64.encode(format!("{}:{}", self.key, self.secret).as_bytes());
        if request.header("authorization") != Some(&format!("Basic {credentials}")) {
            return refusal(401, "who_are_you", None);
        }
        let path = request.path().trim_start_matches("/v1/").to_owned();
        let parts: Vec<_> = path.split('/').collect();
        match (request.method.as_str(), &parts[..]) {
            ("GET", ["account"]) => document(200, &account()),
            ("POST", ["checkouts", reference]) => self.create(reference, request),
            ("GET", ["checkouts", name]) => self.look(name),
            ("POST", ["checkouts", reference, "cancel"]) => self.cancel(reference),
            ("GET", ["payments"]) => self.payments(&request.query_pairs()),
            ("PUT", ["customers", id]) => self.customer(id, false),
            ("POST", ["customers", id]) => self.customer(id, true),
            _ => refusal(404, "no_such_path", None),
        }
    }

    /// One key makes one checkout. The same again under the same key gives the first answer again;
    /// something else under the same key is refused.
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
                return refusal(409, "key_used_otherwise", None);
            }
            let mut response = document(200, answer);
            let headers = response.headers_mut();
            headers.insert("acme-again", HeaderValue::from_static("yes"));
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

    fn look(&self, name: &str) -> Response<Bytes> {
        let mut state = self.lock();
        if state.look(name).is_none() {
            return refusal(404, "no_such_checkout", None);
        }
        self.told(&state, name)
    }

    fn told(&self, state: &super::State, name: &str) -> Response<Bytes> {
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
        let open = matches!(state.status(found).as_str(), "waiting" | "part_settled");
        if !open || found.stubborn {
            return refusal(409, "not_to_be_cancelled", None);
        }
        if state
            .change(reference, |checkout| checkout.void = true)
            .is_err()
        {
            return refusal(404, "no_such_checkout", None);
        }
        self.told(&state, reference)
    }

    fn payments(&self, query: &[(String, String)]) -> Response<Bytes> {
        let asked = |name: &str| {
            let mut pairs = query.iter();
            pairs.find_map(|(key, value)| (key == name).then_some(value.as_str()))
        };
        let state = self.lock();
        let of = state.payments.iter().filter(|attempt| {
            asked("reference").is_none_or(|reference| reference == attempt.reference)
        });
        let all: Vec<_> = of
            .map(|attempt| render::payment(self.features, attempt))
            .collect();
        let begin: usize = asked("from")
            .and_then(|from| from.parse().ok())
            .unwrap_or(0);
        let end = all.len().min(begin + PAGE);
        let next = (end < all.len()).then(|| end.to_string());
        let page = all.get(begin..end).unwrap_or_default();
        document(200, &json!({"payments": page, "next": next}))
    }

    fn customer(&self, id: &str, anew: bool) -> Response<Bytes> {
        let mut state = self.lock();
        let known = state.customers.iter().position(|known| known == id);
        let number = known.filter(|_| !anew).unwrap_or_else(|| {
            state.customers.push(id.to_owned());
            state.customers.len() - 1
        });
        document(200, &json!({"id": format!("cus_{number:05}")}))
    }
}
