//! Refunds of payments.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{Fake, Query, Refund, State, entities, responses};

impl Fake {
    /// Refunds a part of a payment, as the merchant does in the dashboard.
    pub fn refund(&self, payment: &str, amount: i64) -> String {
        let mut state = self.state();
        let refund = Refund {
            id: state.id("rfnd_"),
            payment_id: payment.to_owned(),
            amount,
            status: "processed".to_owned(),
            created_at: state.now,
        };
        state.refunds.push(refund.clone());
        for event in ["refund.created", "refund.processed"] {
            state.record_refund_event(&refund, event);
        }
        refund.id
    }
}

impl State {
    /// Returns the refunds of a payment, the latest first.
    pub(super) fn payment_refunds(&self, payment: &str, query: &Query) -> Response<Bytes> {
        let of = self.payments.iter().find(|known| known.id == payment);
        let Some(of) = of else {
            return responses::bad_without_list("The id provided does not exist");
        };
        let count = query.number("count", 10);
        if count > 100 {
            return responses::bad_without_list("The count may not be greater than 100.");
        }
        let link = self.links.iter().find(|link| link.id == of.link_id);
        let currency = &link.expect("a link").request["currency"];
        let most = self.behaviour.max_page_size.unwrap_or(usize::MAX);
        let items: Vec<Value> = self
            .refunds
            .iter()
            .rev()
            .filter(|refund| refund.payment_id == payment)
            .skip(query.number("skip", 0))
            .take(count.min(most))
            .map(|refund| entities::refund(self, refund, currency))
            .collect();
        responses::ok(&json!({"entity": "collection", "count": items.len(), "items": items}))
    }
}
