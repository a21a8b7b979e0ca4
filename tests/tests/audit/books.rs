//! The two sets of books, as each side shows them by HTTP.

use std::collections::BTreeMap;

use cross_crate_tests::Control;
use serde_json::Value;

use crate::biller::Biller;

/// A payment that the gateway took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) purpose: String,
    pub(crate) order: String,
    pub(crate) paise: i64,
}

/// A refund that the gateway ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) payment: String,
    pub(crate) status: String,
    pub(crate) paise: i64,
}

/// The books of both sides.
#[derive(Debug, Default, Clone)]
pub(crate) struct Books {
    /// Successful payments, by the gateway's id.
    pub(crate) taken: BTreeMap<String, Taken>,
    /// Refunds that succeeded or failed, by the gateway's id.
    pub(crate) returned: BTreeMap<String, Returned>,
    /// Ids of open disputes.
    pub(crate) disputed: Vec<String>,
    /// Purposes of the links that can be paid, one for each link.
    pub(crate) payable_links: Vec<String>,
    /// The application's invoices, with payments, refunds and disputes.
    pub(crate) invoices: Vec<Value>,
    /// The webhooks that the application stored.
    pub(crate) deliveries: Vec<Value>,
    /// The application's list of what needs a person.
    pub(crate) attention: Value,
}

impl Books {
    pub(crate) async fn read(control: &Control, biller: &Biller) -> Self {
        let mut books = Self::default();
        for link in control.list("links").await {
            if matches!(text(&link, "status").as_str(), "ACTIVE" | "PARTIALLY_PAID") {
                books.payable_links.push(text(&link, "purpose"));
            }
            for order in items(&link, "orders") {
                for payment in items(order, "payments") {
                    if payment["status"] == "SUCCESS" {
                        let taken = Taken {
                            purpose: text(&link, "purpose"),
                            order: text(order, "order_id"),
                            paise: paise(&text(payment, "amount")),
                        };
                        books.taken.insert(text(payment, "cf_payment_id"), taken);
                    }
                }
            }
        }
        for refund in control.list("refunds").await {
            let status = text(&refund, "status");
            if matches!(status.as_str(), "SUCCESS" | "FAILED") {
                let returned = Returned {
                    payment: text(&refund, "cf_payment_id"),
                    status,
                    paise: paise(&text(&refund, "amount")),
                };
                books
                    .returned
                    .insert(text(&refund, "cf_refund_id"), returned);
            }
        }
        let disputes = control.list("disputes").await;
        books.disputed = disputes
            .iter()
            .map(|dispute| text(dispute, "dispute_id"))
            .collect();
        for invoice in biller.list("/invoices", "invoices").await {
            books
                .invoices
                .push(biller.fetch(&text(&invoice, "id")).await);
        }
        books.deliveries = biller
            .list("/connections/main/deliveries", "deliveries")
            .await;
        let organization = cross_crate_tests::Api::ORGANIZATION;
        let attention = format!("/attention?organization_id={organization}");
        books.attention = biller.get(&attention).await;
        books
    }

    /// Returns the number of stored webhooks in this state.
    pub(crate) fn deliveries_in(&self, state: &str) -> usize {
        let deliveries = self.deliveries.iter();
        deliveries
            .filter(|delivery| delivery["state"] == state)
            .count()
    }
}

pub(crate) fn items<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Returns an amount of rupees in paise, without a float.
pub(crate) fn paise(decimal: &str) -> i64 {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    format!("{whole}{fraction:0<2}")
        .parse()
        .expect("an amount with at most two decimals")
}
