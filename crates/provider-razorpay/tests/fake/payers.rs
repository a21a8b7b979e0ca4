//! The actions of payers and their results.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{Fake, Payment, Query, State, entities, responses};

impl Fake {
    /// Starts a payment that stays pending.
    pub fn attempt(&self, reference: &str, amount: i64) -> String {
        let mut state = self.state();
        let at = state.link(reference);
        state.begin(at, amount)
    }

    /// Pays.
    pub fn pay(&self, reference: &str, amount: i64) -> String {
        let mut state = self.state();
        let at = state.link(reference);
        state.capture(at, amount)
    }

    /// Attempts a payment that the bank declines.
    pub fn fail(&self, reference: &str, amount: i64) -> String {
        let mut state = self.state();
        let at = state.link(reference);
        let id = state.begin(at, amount);
        state.end(&id, "failed");
        id
    }

    /// Completes a payment that had failed.
    pub fn succeed_late(&self, payment: &str) {
        self.state().end(payment, "captured");
    }

    /// Completes the records of all payments with their fees.
    pub fn state_fees(&self) {
        for payment in &mut self.state().payments {
            payment.unstated_fee = false;
        }
    }

    /// Expires the link.
    pub fn expire(&self, reference: &str) {
        let mut state = self.state();
        let at = state.link(reference);
        let link = &mut state.links[at];
        "expired".clone_into(&mut link.status);
        link.expired_at = link.expire_by + 11;
        state.record_link_event(at, "payment_link.expired", None);
    }
}

impl State {
    fn begin(&mut self, at: usize, amount: i64) -> String {
        if self.links[at].order_id.is_none() {
            let order_id = self.id("order_");
            self.links[at].order_id = Some(order_id);
        }
        let payment = Payment {
            id: self.id("pay_"),
            link_id: self.links[at].id.clone(),
            order_id: self.links[at].order_id.clone().unwrap(),
            amount,
            payer_fee: self
                .behaviour
                .payers_bear_fees
                .then_some(amount * 236 / 10_000),
            unstated_fee: self.behaviour.unstated_fees,
            unstated_bearer: self.behaviour.unstated_bearers,
            status: "created".to_owned(),
            created_at: self.now,
        };
        let id = payment.id.clone();
        self.payments.push(payment);
        id
    }

    pub(super) fn capture(&mut self, at: usize, amount: i64) -> String {
        let id = self.begin(at, amount);
        self.end(&id, "captured");
        id
    }

    fn end(&mut self, id: &str, status: &str) {
        let now = self.now;
        let fees = self.behaviour.fees_in_totals;
        let of = self.payments.iter().position(|payment| payment.id == id);
        let of = of.expect("a payment");
        status.clone_into(&mut self.payments[of].status);
        let payment = self.payments[of].clone();
        let at = self
            .links
            .iter()
            .position(|link| link.id == payment.link_id);
        let at = at.expect("a link");
        if status == "failed" {
            return self.record_payment_event(at, &payment, "payment.failed", "failed");
        }
        let link = &mut self.links[at];
        link.amount_paid += payment.amount;
        if fees {
            link.amount_paid += payment.payer_fee.unwrap_or_default();
        }
        link.updated_at = now;
        let whole = link.request["amount"].as_i64().unwrap();
        let paid = link.amount_paid >= whole;
        if ["created", "partially_paid"].contains(&link.status.as_str()) {
            let status = if paid { "paid" } else { "partially_paid" };
            status.clone_into(&mut link.status);
        }
        self.record_payment_event(at, &payment, "payment.authorized", "authorized");
        self.record_payment_event(at, &payment, "payment.captured", "captured");
        if paid {
            self.record_order_event(at, &payment);
        }
        let event = if paid {
            "payment_link.paid"
        } else {
            "payment_link.partially_paid"
        };
        self.record_link_event(at, event, Some(&payment));
    }

    pub(super) fn order_payments(&mut self, order_id: &str, query: &Query) -> Response<Bytes> {
        let Some(link) = self
            .links
            .iter()
            .find(|link| link.order_id.as_deref() == Some(order_id))
        else {
            return responses::bad_without_list("The id provided does not exist");
        };
        let whole = self.behaviour.no_pages_of_payments;
        if whole && (query.get("count").is_some() || query.get("skip").is_some()) {
            return responses::bad_without_list("count is/are not required and should not be sent");
        }
        let count = if whole {
            usize::MAX
        } else {
            query.number("count", 10)
        };
        let lagging = self.behaviour.lagging_payments > 0;
        let most = self.behaviour.max_page_size.unwrap_or(usize::MAX);
        let items: Vec<Value> = self
            .payments
            .iter()
            .filter(|payment| payment.order_id == order_id)
            .filter(|payment| !lagging || payment.status != "captured")
            .skip(query.number("skip", 0))
            .take(count.min(most))
            .map(|payment| entities::payment(link, payment, &payment.status))
            .collect();
        self.behaviour.lagging_payments = self.behaviour.lagging_payments.saturating_sub(1);
        responses::ok(&json!({"entity": "collection", "count": items.len(), "items": items}))
    }
}
