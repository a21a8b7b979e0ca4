//! Compares the gateway's payments with the ledger, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::client::list;

/// A successful payment, as the gateway lists it.
#[derive(Debug, Clone)]
struct Taken {
    order: String,
    link: String,
    /// The purpose of the link: the same as the invoice's.
    purpose: String,
    paise: i64,
}

/// A payment as it is posted.
#[derive(Debug, Clone)]
struct Posted {
    id: String,
    order: String,
    purpose: String,
    paise: i64,
}

/// The final state of the gateway and of the application.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The gateway's links, with their payments.
    pub(crate) links: Vec<Value>,
    /// The application's invoices, each with its payments.
    pub(crate) invoices: Vec<Value>,
    /// The webhooks that the application stored.
    pub(crate) stored: Vec<Value>,
    /// The links that the gateway refused to cancel, as far as the application was informed.
    pub(crate) uncancellable: BTreeSet<String>,
}

/// The findings of the comparison. Every text states the fault and its place.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) invoices: usize,
    pub(crate) links: usize,
    pub(crate) payments: usize,
    pub(crate) paise: i64,
    pub(crate) surplus: i64,
    /// The number of payments posted under another id than the one in the gateway's list, on the right order.
    pub(crate) under_another_id: usize,
    /// The payments that are not posted, each with the reason.
    pub(crate) unmatched: Vec<String>,
    pub(crate) lost: Vec<String>,
    pub(crate) twice: Vec<String>,
    /// The payments posted on another invoice, with another amount, or without any payment at the gateway.
    pub(crate) wrong: Vec<String>,
    /// The links that are payable although the invoice is paid or voided, or that are a second one of an invoice.
    pub(crate) open: Vec<String>,
    /// The links that are payable because the gateway refused to cancel them.
    pub(crate) uncancellable: Vec<String>,
}

impl Findings {
    pub(crate) fn are_clean(&self) -> bool {
        [&self.lost, &self.twice, &self.wrong, &self.open]
            .into_iter()
            .all(Vec::is_empty)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} invoices, {} links, {} payments of {} paise ({} of it surplus, {} posted by their order), \
             unmatched {}, lost {}, twice {}, wrong {}, open links {}, uncancellable {}",
            self.invoices,
            self.links,
            self.payments,
            self.paise,
            self.surplus,
            self.under_another_id,
            self.unmatched.len(),
            self.lost.len(),
            self.twice.len(),
            self.wrong.len(),
            self.open.len(),
            self.uncancellable.len(),
        )?;
        for (what, which) in [
            ("unmatched", &self.unmatched),
            ("lost", &self.lost),
            ("twice", &self.twice),
            ("wrong", &self.wrong),
            ("open", &self.open),
            ("uncancellable", &self.uncancellable),
        ] {
            for text in which {
                write!(f, "\n  {what}: {text}")?;
            }
        }
        Ok(())
    }
}

pub(crate) fn compare(evidence: &Evidence) -> Findings {
    let mut findings = Findings {
        invoices: evidence.invoices.len(),
        links: evidence.links.len(),
        ..Findings::default()
    };
    let taken = taken(&evidence.links);
    let posted = posted(&evidence.invoices);
    findings.payments = taken.len();
    findings.paise = taken.values().map(|taken| taken.paise).sum();
    let mut explained: BTreeMap<&str, Vec<&Posted>> = BTreeMap::new();
    for entry in &posted {
        match payment_of(entry, &taken) {
            Some(id) => explained.entry(id).or_default().push(entry),
            None => findings
                .wrong
                .push(format!("posted and never taken: {entry:?}")),
        }
    }
    for (id, taken) in &taken {
        match explained.get(id.as_str()).map_or(&[][..], Vec::as_slice) {
            [] => not_posted(&mut findings, evidence, id, taken),
            [entry] => {
                findings.under_another_id += usize::from(entry.id != *id);
                if entry.purpose != taken.purpose || entry.paise != taken.paise {
                    findings
                        .wrong
                        .push(format!("{taken:?} is posted as {entry:?}"));
                }
            }
            entries => findings
                .twice
                .push(format!("{taken:?} is posted as {entries:?}")),
        }
    }
    for invoice in &evidence.invoices {
        add_up(&mut findings, invoice);
    }
    look_for_open_links(&mut findings, evidence);
    findings
}

/// Returns the successful payments, by the gateway's id.
fn taken(links: &[Value]) -> BTreeMap<String, Taken> {
    let mut taken = BTreeMap::new();
    for link in links {
        for order in list(link, "orders") {
            for payment in list(&order, "payments") {
                if payment["status"] == "SUCCESS" {
                    let entry = Taken {
                        order: text(&order, "order_id"),
                        link: text(link, "link_id"),
                        purpose: text(link, "purpose"),
                        paise: paise(&text(&payment, "amount")),
                    };
                    taken.insert(text(&payment, "cf_payment_id"), entry);
                }
            }
        }
    }
    taken
}

/// Returns the payments that were posted, of all invoices.
fn posted(invoices: &[Value]) -> Vec<Posted> {
    let mut posted = Vec::new();
    for invoice in invoices {
        for payment in list(invoice, "payments") {
            if !payment["verdict"].is_null() {
                posted.push(Posted {
                    id: text(&payment, "id"),
                    order: text(&payment, "order_id"),
                    purpose: text(invoice, "purpose"),
                    paise: number(&payment, "amount_cents"),
                });
            }
        }
    }
    posted
}

/// Returns the gateway's payment for a posted one: by its id, else by its order if no other payment succeeded on it.
fn payment_of<'a>(entry: &Posted, taken: &'a BTreeMap<String, Taken>) -> Option<&'a str> {
    if let Some((id, _)) = taken.get_key_value(&entry.id) {
        return Some(id);
    }
    let mut of_order = taken.iter().filter(|(_, taken)| taken.order == entry.order);
    let found = of_order.next().map(|(id, _)| id.as_str());
    found.filter(|_| of_order.next().is_none())
}

/// Records a finding for a payment that is not in the ledger. Only a payment on a link that is not the application's may
/// be missing from the ledger, and then a stored webhook says so.
fn not_posted(findings: &mut Findings, evidence: &Evidence, id: &str, taken: &Taken) {
    let is_ours = evidence
        .invoices
        .iter()
        .any(|invoice| invoice["purpose"] == taken.purpose.as_str());
    let report = evidence.stored.iter().find(|delivery| {
        let names = list(delivery, "subjects");
        delivery["state"] == "unmatched"
            && names
                .iter()
                .any(|name| *name == taken.link || *name == taken.order)
    });
    match report {
        Some(delivery) if !is_ours => findings.unmatched.push(format!(
            "payment {id} of {} paise, since {} is an unknown link, says {}",
            taken.paise, taken.link, delivery["types"]
        )),
        _ => findings.lost.push(format!("payment {id}: {taken:?}")),
    }
}

/// Checks that an invoice's totals are those of its payments, and that never more is credited than was asked for.
fn add_up(findings: &mut Findings, invoice: &Value) {
    let sum = |field: &str| -> i64 {
        let payments = list(invoice, "payments").into_iter();
        payments
            .filter(|payment| !payment["verdict"].is_null())
            .map(|payment| number(&payment, field))
            .sum()
    };
    let (credited, surplus) = (sum("credited_cents"), sum("surplus_cents"));
    findings.surplus += surplus;
    let adds_up = credited + surplus == sum("amount_cents")
        && credited == number(invoice, "amount_paid_cents")
        && surplus == number(invoice, "surplus_cents")
        && credited <= number(invoice, "amount_cents");
    let is_paid = credited == number(invoice, "amount_cents");
    if !adds_up || is_paid != (invoice["payment_status"] == "succeeded") {
        findings.wrong.push(format!("does not add up: {invoice}"));
    }
}

fn look_for_open_links(findings: &mut Findings, evidence: &Evidence) {
    let mut open_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for link in &evidence.links {
        if matches!(link["status"].as_str(), Some("ACTIVE" | "PARTIALLY_PAID")) {
            let of_purpose = open_of.entry(text(link, "purpose")).or_default();
            of_purpose.push(text(link, "link_id"));
        }
    }
    for invoice in &evidence.invoices {
        let purpose = text(invoice, "purpose");
        let takes_money =
            invoice["status"] == "finalized" && invoice["payment_status"] != "succeeded";
        let open = open_of.remove(&purpose).unwrap_or_default();
        let (stay, open): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|link| evidence.uncancellable.contains(link));
        let allowed = usize::from(takes_money && stay.is_empty());
        findings.uncancellable.extend(stay);
        if open.len() > allowed {
            findings.open.push(format!("{open:?} of {invoice}"));
        }
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().expect("a whole number")
}

fn paise(decimal: &str) -> i64 {
    let digits = decimal.replace('.', "");
    digits.parse().expect("an amount with two decimals")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the evidence of one invoice of 200.12, paid on its one link.
    fn evidence() -> Evidence {
        let payment = json!({"cf_payment_id": "1", "status": "SUCCESS", "amount": "200.12"});
        let failed = json!({"cf_payment_id": "2", "status": "FAILED", "amount": "200.12"});
        Evidence {
            links: vec![json!({
                "link_id": "link-1", "purpose": "Order 1", "status": "PAID",
                "orders": [{"order_id": "order-1", "payments": [failed, payment]}],
            })],
            invoices: vec![json!({
                "purpose": "Order 1", "status": "finalized", "payment_status": "succeeded",
                "amount_cents": 20_012, "amount_paid_cents": 20_012, "surplus_cents": 0,
                "payments": [posted_payment("1", 20_012)],
            })],
            stored: Vec::new(),
            uncancellable: BTreeSet::new(),
        }
    }

    fn posted_payment(id: &str, credited: i64) -> Value {
        json!({
            "id": id, "order_id": "order-1", "amount_cents": 20_012, "verdict": "exact",
            "credited_cents": credited, "surplus_cents": 20_012 - credited,
        })
    }

    fn findings(change: impl Fn(&mut Evidence)) -> (usize, usize, usize, usize) {
        let mut evidence = evidence();
        change(&mut evidence);
        let Findings {
            lost,
            twice,
            wrong,
            open,
            ..
        } = compare(&evidence);
        (lost.len(), twice.len(), wrong.len(), open.len())
    }

    fn open_link(purpose: &str) -> Value {
        json!({"link_id": "link-2", "purpose": purpose, "status": "ACTIVE", "orders": []})
    }

    #[test]
    fn ledgers_that_agree_are_clean_also_where_the_order_identifies_the_payment() {
        assert!(compare(&evidence()).are_clean());
        let mut under_another_id = evidence();
        under_another_id.invoices[0]["payments"][0] = posted_payment("9", 20_012);
        let findings = compare(&under_another_id);
        assert!(findings.are_clean());
        assert_eq!((findings.payments, findings.under_another_id), (1, 1));
    }

    #[test]
    fn money_that_is_lost_doubled_or_misplaced_is_found() {
        let nothing = json!([]);
        assert_eq!(
            findings(|it| it.invoices[0]["payments"] = nothing.clone()),
            (1, 0, 1, 0)
        );
        let twice = |it: &mut Evidence| {
            it.invoices[0]["payments"] =
                json!([posted_payment("1", 20_012), posted_payment("9", 0)]);
            it.invoices[0]["surplus_cents"] = 20_012.into();
        };
        assert_eq!(findings(twice), (0, 1, 0, 0));
        let never = |it: &mut Evidence| it.links[0]["orders"] = nothing.clone();
        assert_eq!(findings(never), (0, 0, 1, 0));
        let misplaced = |it: &mut Evidence| it.invoices[0]["purpose"] = "Order 2".into();
        assert_eq!(findings(misplaced), (0, 0, 1, 0));
        let less = |it: &mut Evidence| it.invoices[0]["amount_paid_cents"] = 20_011.into();
        assert_eq!(findings(less), (0, 0, 1, 0));
    }

    #[test]
    fn only_unknown_links_may_be_unmatched() {
        let mut unknown = evidence();
        let report = json!({"state": "unmatched", "subjects": ["link-1"], "types": ["LINK"]});
        unknown.stored = vec![report];
        unknown.invoices[0]["payments"] = json!([]);
        let findings = compare(&unknown);
        assert_eq!((findings.lost.len(), findings.unmatched.len()), (1, 0));
        unknown.invoices.clear();
        let findings = compare(&unknown);
        assert_eq!((findings.lost.len(), findings.unmatched.len()), (0, 1));
        unknown.stored[0]["state"] = "pending".into();
        assert_eq!(compare(&unknown).lost.len(), 1);
    }

    #[test]
    fn a_link_left_open_on_what_is_paid_is_found_unless_the_gateway_would_not_cancel_it() {
        let left_open = |it: &mut Evidence| it.links.push(open_link("Order 1"));
        assert_eq!(findings(left_open), (0, 0, 0, 1));
        let listed = |it: &mut Evidence| {
            it.links.push(open_link("Order 1"));
            it.uncancellable.insert("link-2".to_owned());
        };
        assert_eq!(findings(listed), (0, 0, 0, 0));
        let unknown_link = |it: &mut Evidence| it.links.push(open_link("Order 7"));
        assert_eq!(findings(unknown_link), (0, 0, 0, 0));
    }
}
