use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::behaviour::ListShape;
use super::{Link, Query, State, entities, responses, validation};

const UNKNOWN: &str = "The id provided does not exist";

impl State {
    pub(super) fn create(&mut self, body: &Bytes) -> Response<Bytes> {
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return responses::bad("incorrect JSON object received.");
        };
        if let Some(refusal) = validation::refusal(&request, self.now, self.behaviour.max_amount) {
            return responses::bad(refusal);
        }
        let reference = request["reference_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let taken = |link: &Link| link.request["reference_id"] == reference.as_str();
        if !reference.is_empty() && self.links.iter().any(taken) {
            if self.behaviour.documented_texts {
                return responses::bad("payment link creation with reference ID already attempted");
            }
            return responses::bad(&format!(
                "payment link with given reference_id: {reference} already exists. Please create a payment link with \
                 a different reference_id"
            ));
        }
        let link = Link {
            id: self.id("plink_"),
            status: "created".to_owned(),
            amount_paid: 0,
            order_id: None,
            created_at: self.now,
            updated_at: self.now,
            expire_by: request["expire_by"].as_i64().unwrap_or(0),
            expired_at: 0,
            cancelled_at: 0,
            request,
        };
        let mut body = entities::link(self, &link);
        body["payments"] = Value::Null;
        self.links.push(link);
        responses::ok(&body)
    }

    pub(super) fn list(&mut self, query: &Query) -> Response<Bytes> {
        let count = query.number("count", 10);
        if count > 100 {
            return responses::bad("The count may not be greater than 100.");
        }
        if self.behaviour.empty_lists > 0 {
            self.behaviour.empty_lists -= 1;
            return responses::ok(&json!({"payment_links": []}));
        }
        let reference = query
            .get("reference_id")
            .filter(|_| !self.behaviour.ignore_filter);
        let of =
            |link: &&Link| reference.is_none_or(|request| link.request["reference_id"] == request);
        let links: Vec<Value> = self
            .links
            .iter()
            .rev()
            .filter(of)
            .skip(query.number("skip", 0))
            .take(count)
            .map(|link| entities::link(self, link))
            .collect();
        responses::ok(&match (self.behaviour.list, links.first()) {
            (ListShape::Items, _) => {
                json!({"entity": "collection", "count": links.len(), "items": links})
            }
            (ListShape::Bare, Some(first)) => first.clone(),
            _ => json!({"payment_links": links}),
        })
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.links.iter().position(|link| link.id == id)
    }

    pub(super) fn fetch(&mut self, id: &str) -> Response<Bytes> {
        let Some(at) = self.at(id) else {
            return responses::bad(UNKNOWN);
        };
        responses::ok(&entities::link(self, &self.links[at]))
    }

    pub(super) fn update(&mut self, id: &str, body: &Bytes) -> Response<Bytes> {
        let Some(at) = self.at(id) else {
            return responses::bad(UNKNOWN);
        };
        let request: Value = serde_json::from_slice(body).unwrap();
        let known = [
            "reference_id",
            "expire_by",
            "notes",
            "reminder_enable",
            "accept_partial",
        ];
        let mut members = request.as_object().unwrap().keys();
        if members.any(|key| !known.contains(&key.as_str())) {
            return responses::bad("extra fields sent.");
        }
        if !["created", "partially_paid"].contains(&self.links[at].status.as_str()) {
            return responses::bad("update can only be made in created or partially paid state");
        }
        if let Some(expire_by) = request["expire_by"].as_i64() {
            if expire_by < self.now + 15 * 60 {
                return responses::bad(validation::TOO_NEAR);
            }
            self.links[at].expire_by = expire_by;
        }
        responses::ok(&entities::link(self, &self.links[at]))
    }

    pub(super) fn cancel(&mut self, id: &str) -> Response<Bytes> {
        let Some(at) = self.at(id) else {
            return responses::bad(UNKNOWN);
        };
        if self.behaviour.paid_at_cancellation {
            let amount = self.links[at].request["amount"].as_i64().unwrap();
            self.capture(at, amount);
        }
        let documented = self.behaviour.documented_texts;
        let refusal = match self.links[at].status.as_str() {
            "created" if self.behaviour.refuse_cancellation => {
                "cannot cancel or expire this link now"
            }
            "created" => {
                let now = self.now;
                let link = &mut self.links[at];
                "cancelled".clone_into(&mut link.status);
                (link.cancelled_at, link.updated_at) = (now, now);
                self.record_link_event(at, "payment_link.cancelled", None);
                return responses::ok(&entities::link(self, &self.links[at]));
            }
            "paid" | "partially_paid" if documented => {
                "cannot cancel or expire an already paid/partially paid link"
            }
            "paid" | "partially_paid" => {
                "cannot cancel or expire an already paid / partially paid link"
            }
            "cancelled" if !documented => "cannot cancel or expire a cancelled link",
            _ => "cannot cancel or expire an expired link",
        };
        responses::bad(refusal)
    }
}
