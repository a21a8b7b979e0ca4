use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::knobs::ListShape;
use super::{Link, Query, State, answer, bodies, validation};

const UNKNOWN: &str = "The id provided does not exist";

impl State {
    pub(super) fn create(&mut self, body: &Bytes) -> Response<Bytes> {
        let Ok(asked) = serde_json::from_slice::<Value>(body) else {
            return answer::bad("incorrect JSON object received.");
        };
        if let Some(refusal) = validation::refusal(&asked, self.now, self.knobs.most_amount) {
            return answer::bad(refusal);
        }
        let reference = asked["reference_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let taken = |link: &Link| link.asked["reference_id"] == reference.as_str();
        if !reference.is_empty() && self.links.iter().any(taken) {
            if self.knobs.documented_texts {
                return answer::bad("payment link creation with reference ID already attempted");
            }
            return answer::bad(&format!(
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
            expire_by: asked["expire_by"].as_i64().unwrap_or(0),
            expired_at: 0,
            cancelled_at: 0,
            asked,
        };
        let mut body = bodies::link(self, &link);
        body["payments"] = Value::Null;
        self.links.push(link);
        answer::ok(&body)
    }

    pub(super) fn list(&mut self, query: &Query) -> Response<Bytes> {
        let count = query.number("count", 10);
        if count > 100 {
            return answer::bad("The count may not be greater than 100.");
        }
        if self.knobs.empty_lists > 0 {
            self.knobs.empty_lists -= 1;
            return answer::ok(&json!({"payment_links": []}));
        }
        let reference = query
            .get("reference_id")
            .filter(|_| !self.knobs.ignore_filter);
        let of = |link: &&Link| reference.is_none_or(|asked| link.asked["reference_id"] == asked);
        let links: Vec<Value> = self
            .links
            .iter()
            .rev()
            .filter(of)
            .skip(query.number("skip", 0))
            .take(count)
            .map(|link| bodies::link(self, link))
            .collect();
        answer::ok(&match (self.knobs.list, links.first()) {
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
            return answer::bad(UNKNOWN);
        };
        answer::ok(&bodies::link(self, &self.links[at]))
    }

    pub(super) fn update(&mut self, id: &str, body: &Bytes) -> Response<Bytes> {
        let Some(at) = self.at(id) else {
            return answer::bad(UNKNOWN);
        };
        let asked: Value = serde_json::from_slice(body).unwrap();
        let known = [
            "reference_id",
            "expire_by",
            "notes",
            "reminder_enable",
            "accept_partial",
        ];
        let mut members = asked.as_object().unwrap().keys();
        if members.any(|key| !known.contains(&key.as_str())) {
            return answer::bad("extra fields sent.");
        }
        if !["created", "partially_paid"].contains(&self.links[at].status.as_str()) {
            return answer::bad("update can only be made in created or partially paid state");
        }
        if let Some(expire_by) = asked["expire_by"].as_i64() {
            if expire_by < self.now + 15 * 60 {
                return answer::bad(validation::TOO_NEAR);
            }
            self.links[at].expire_by = expire_by;
        }
        answer::ok(&bodies::link(self, &self.links[at]))
    }

    pub(super) fn cancel(&mut self, id: &str) -> Response<Bytes> {
        let Some(at) = self.at(id) else {
            return answer::bad(UNKNOWN);
        };
        if self.knobs.paid_at_cancellation {
            let amount = self.links[at].asked["amount"].as_i64().unwrap();
            self.capture(at, amount);
        }
        let documented = self.knobs.documented_texts;
        let refusal = match self.links[at].status.as_str() {
            "created" if self.knobs.refuse_cancellation => "cannot cancel or expire this link now",
            "created" => {
                let now = self.now;
                let link = &mut self.links[at];
                "cancelled".clone_into(&mut link.status);
                (link.cancelled_at, link.updated_at) = (now, now);
                self.tell_link(at, "payment_link.cancelled", None);
                return answer::ok(&bodies::link(self, &self.links[at]));
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
        answer::bad(refusal)
    }
}
