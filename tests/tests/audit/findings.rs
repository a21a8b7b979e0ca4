//! The differences between the books of the gateway and of the application.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::books::{Books, items, text};

/// The differences, each with the ids that name it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) lost: Vec<String>,
    pub(crate) twice: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) open_links: Vec<String>,
    pub(crate) unlisted: Vec<String>,
    pub(crate) dead_letters: Vec<String>,
}

impl Findings {
    /// Returns true if the books agree.
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares the books of both sides.
pub(crate) fn compare(books: &Books) -> Findings {
    let mut findings = Findings::default();
    payments(books, &mut findings);
    refunds(books, &mut findings);
    links(books, &mut findings);
    needs_a_person(books, &mut findings);
    for invoice in &books.invoices {
        totals(invoice, &mut findings);
    }
    for delivery in &books.deliveries {
        // Whatever ends as a dead letter here could have been asked for: the gateway answers in the end.
        if !matches!(text(delivery, "state").as_str(), "applied" | "ignored") {
            findings.dead_letters.push(delivery.to_string());
        }
    }
    findings
}

fn payments(books: &Books, findings: &mut Findings) {
    let mut posted: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for invoice in &books.invoices {
        for payment in items(invoice, "payments") {
            if !payment["verdict"].is_null() {
                let of_id = posted.entry(text(payment, "id")).or_default();
                of_id.push((text(invoice, "purpose"), cents(payment, "amount_cents")));
            }
        }
    }
    for (id, taken) in &books.taken {
        match posted.remove(id).as_deref() {
            None => findings.lost.push(format!("payment {id}: {taken:?}")),
            Some([(purpose, paise)]) => {
                if *purpose != taken.purpose || *paise != taken.paise {
                    findings.wrong.push(format!(
                        "payment {id}: {taken:?}, posted {paise} on {purpose}"
                    ));
                }
            }
            Some(several) => findings.twice.push(format!("payment {id}: {several:?}")),
        }
    }
    for (id, several) in posted {
        findings
            .wrong
            .push(format!("payment {id} was never taken: {several:?}"));
    }
}

fn refunds(books: &Books, findings: &mut Findings) {
    let mut recorded: BTreeMap<String, Vec<(String, String, i64)>> = BTreeMap::new();
    for invoice in &books.invoices {
        for refund in items(invoice, "refunds") {
            let of_id = recorded.entry(text(refund, "id")).or_default();
            of_id.push((
                text(refund, "payment_id"),
                text(refund, "status"),
                cents(refund, "amount_cents"),
            ));
        }
    }
    for (id, returned) in &books.returned {
        let expected = if returned.status == "SUCCESS" {
            "succeeded"
        } else {
            "failed"
        };
        match recorded.get(id).map(Vec::as_slice) {
            None => findings.lost.push(format!("refund {id}: {returned:?}")),
            Some([(payment, status, paise)]) => {
                let agrees =
                    *payment == returned.payment && status == expected && *paise == returned.paise;
                if !agrees {
                    findings.wrong.push(format!(
                        "refund {id}: {returned:?}, recorded {status} {paise} of {payment}"
                    ));
                }
            }
            Some(several) => findings.twice.push(format!("refund {id}: {several:?}")),
        }
    }
}

/// Finds links that can be paid although nothing is due, and second links of one invoice.
fn links(books: &Books, findings: &mut Findings) {
    for invoice in &books.invoices {
        let purpose = text(invoice, "purpose");
        let payable = books
            .payable_links
            .iter()
            .filter(|link| **link == purpose)
            .count();
        let is_due = invoice["status"] == "finalized" && invoice["payment_status"] != "succeeded";
        if payable > usize::from(is_due) {
            findings.open_links.push(format!(
                "{payable} links of {purpose} ({})",
                text(invoice, "payment_status")
            ));
        }
    }
}

/// Checks that an invoice's totals are the sums of its payments and refunds.
fn totals(invoice: &Value, findings: &mut Findings) {
    let posted: Vec<&Value> = items(invoice, "payments")
        .iter()
        .filter(|payment| !payment["verdict"].is_null())
        .collect();
    let sum = |field: &str| {
        posted
            .iter()
            .map(|payment| cents(payment, field))
            .sum::<i64>()
    };
    let refunded: i64 = items(invoice, "refunds")
        .iter()
        .filter(|refund| refund["status"] == "succeeded")
        .map(|refund| cents(refund, "amount_cents"))
        .sum();
    let (credited, surplus) = (sum("credited_cents"), sum("surplus_cents"));
    let agrees = credited + surplus == sum("amount_cents")
        && credited == cents(invoice, "amount_paid_cents")
        && surplus == cents(invoice, "surplus_cents")
        && credited <= cents(invoice, "amount_cents")
        && refunded == cents(invoice, "refunded_cents")
        && (credited == cents(invoice, "amount_cents"))
            == (invoice["payment_status"] == "succeeded");
    if !agrees {
        findings.wrong.push(format!(
            "the totals of {}: {invoice}",
            text(invoice, "purpose")
        ));
    }
}

/// Checks that each state on which a person has to act is in the application's list.
fn needs_a_person(books: &Books, findings: &mut Findings) {
    let listed = |name: &str, id: &str| {
        items(&books.attention, name)
            .iter()
            .any(|item| text(item, "id") == id)
    };
    for id in &books.disputed {
        if !listed("disputes", id) {
            findings.unlisted.push(format!("dispute {id}"));
        }
    }
    for (id, returned) in &books.returned {
        if returned.status == "FAILED" && !listed("refunds", id) {
            findings.unlisted.push(format!("failed refund {id}"));
        }
    }
    let parked: i64 = items(&books.attention, "parked_deliveries")
        .iter()
        .map(|connection| connection["count"].as_i64().unwrap_or(0))
        .sum();
    if usize::try_from(parked) != Ok(books.deliveries_in("parked")) {
        findings
            .unlisted
            .push(format!("{parked} dead letters are listed"));
    }
}

fn cents(value: &Value, field: &str) -> i64 {
    value[field].as_i64().expect("a whole number")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::books::{Returned, Taken, paise};

    /// Returns books that agree: an invoice of 200.12 is paid, and a refund of it failed.
    fn books() -> Books {
        let taken = Taken {
            purpose: "Order".to_owned(),
            order: "o1".to_owned(),
            paise: 20_012,
        };
        let returned = Returned {
            payment: "p1".to_owned(),
            status: "FAILED".to_owned(),
            paise: 12,
        };
        Books {
            taken: [("p1".to_owned(), taken)].into(),
            returned: [("r1".to_owned(), returned)].into(),
            disputed: vec!["d1".to_owned()],
            payable_links: vec!["Another's order".to_owned()],
            invoices: vec![json!({
                "purpose": "Order", "status": "finalized", "payment_status": "succeeded",
                "amount_cents": 20_012, "amount_paid_cents": 20_012, "surplus_cents": 0, "refunded_cents": 0,
                "payments": [payment("p1", 20_012)],
                "refunds": [{"id": "r1", "payment_id": "p1", "status": "failed", "amount_cents": 12}],
            })],
            deliveries: vec![json!({"state": "applied"}), json!({"state": "ignored"})],
            attention: json!({
                "disputes": [{"id": "d1"}], "refunds": [{"id": "r1"}], "parked_deliveries": [],
            }),
        }
    }

    fn payment(id: &str, amount: i64) -> Value {
        json!({"id": id, "verdict": "exact", "amount_cents": amount, "credited_cents": amount, "surplus_cents": 0})
    }

    fn changed(change: impl Fn(&mut Books)) -> Findings {
        let mut books = books();
        change(&mut books);
        compare(&books)
    }

    #[test]
    fn books_that_agree_have_no_findings() {
        assert_eq!(compare(&books()), Findings::default());
        assert!(compare(&books()).is_clean());
    }

    #[test]
    fn a_missing_payment_or_refund_is_lost() {
        let found = changed(|books| books.invoices[0]["payments"] = json!([]));
        assert_eq!((found.lost.len(), found.wrong.len()), (1, 1), "{found:?}");
        let found = changed(|books| books.invoices[0]["refunds"] = json!([]));
        assert_eq!(found.lost.len(), 1, "{found:?}");
    }

    #[test]
    fn a_doubled_payment_or_refund_is_found() {
        let found = changed(|books| {
            let mut second = books.invoices[0].clone();
            second["purpose"] = json!("Second");
            books.invoices.push(second);
        });
        assert_eq!(found.twice.len(), 2, "{found:?}");
    }

    #[test]
    fn a_wrong_amount_invoice_or_status_is_found() {
        let found = changed(|books| books.invoices[0]["payments"] = json!([payment("p1", 20_011)]));
        assert!(!found.wrong.is_empty(), "{found:?}");
        let found = changed(|books| books.invoices[0]["purpose"] = json!("Another"));
        assert_eq!(found.wrong.len(), 1, "{found:?}");
        let found = changed(|books| books.invoices[0]["refunds"][0]["status"] = json!("succeeded"));
        assert_eq!(found.wrong.len(), 2, "{found:?}");
        let found = changed(|books| {
            books.taken.clear();
        });
        assert_eq!(found.wrong.len(), 1, "{found:?}");
        let found = changed(|books| books.invoices[0]["surplus_cents"] = json!(1));
        assert_eq!(found.wrong.len(), 1, "{found:?}");
    }

    #[test]
    fn open_links_are_found() {
        let found = changed(|books| books.payable_links.push("Order".to_owned()));
        assert_eq!(found.open_links.len(), 1, "{found:?}");
        let due = |books: &mut Books, links: usize| {
            books.taken.clear();
            books.returned.clear();
            books.attention["refunds"] = json!([]);
            books.invoices[0] = json!({
                "purpose": "Order", "status": "finalized", "payment_status": "pending", "amount_cents": 20_012,
                "amount_paid_cents": 0, "surplus_cents": 0, "refunded_cents": 0, "payments": [], "refunds": [],
            });
            books.payable_links = vec!["Order".to_owned(); links];
        };
        assert!(changed(|books| due(books, 1)).is_clean());
        assert_eq!(changed(|books| due(books, 2)).open_links.len(), 1);
    }

    #[test]
    fn what_needs_a_person_must_be_listed() {
        let found = changed(|books| books.attention["disputes"] = json!([]));
        assert_eq!(found.unlisted, ["dispute d1"]);
        let found = changed(|books| books.attention["refunds"] = json!([]));
        assert_eq!(found.unlisted, ["failed refund r1"]);
        let found = changed(|books| books.deliveries.push(json!({"state": "parked"})));
        assert_eq!((found.unlisted.len(), found.dead_letters.len()), (1, 1));
    }

    #[test]
    fn amounts_are_read_exactly() {
        for (text, expected) in [
            ("200.12", 20_012),
            ("200.1", 20_010),
            ("200", 20_000),
            ("0.07", 7),
        ] {
            assert_eq!(paise(text), expected);
        }
    }
}
