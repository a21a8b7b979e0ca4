//! What has to hold of one payable and the payments on it. Pure.

use payment_provider_core::{Currency, Money, PaymentStatus};

use super::report::{Finding, Invariant, Stated};
use crate::cash::Verdict;
use crate::store::{LedgerPayment, PayableRow};

/// A booked payment with the payment that its effect is recorded for.
pub(super) struct Checked<'a> {
    pub(super) payment: &'a LedgerPayment,
    pub(super) effect: Option<i64>,
}

/// What does not hold.
pub(super) fn findings(payable: &PayableRow, payments: &[Checked<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut find = |invariant, about: Option<&LedgerPayment>, stated, expected| {
        found.push(Finding {
            invariant,
            organization: Some(payable.organization.clone()),
            payable: Some(payable.payable.clone()),
            about: about.map(|payment| payment.id.clone()),
            stated,
            expected,
        });
    };
    let mut sums = [0_i128; 3];
    for Checked { payment, effect } in payments {
        let about = Some(*payment);
        if payment.connection_pk != payment.checkout_connection_pk {
            let (stated, expected) = (payment.connection_pk, payment.checkout_connection_pk);
            find(Invariant::Connection, about, key(stated), key(expected));
        }
        if payment.organization.as_ref() != Some(&payable.organization) {
            let stated = payment.organization.as_ref();
            let stated = stated.map_or(Stated::Nothing, |id| Stated::Text(id.to_string()));
            let expected = Stated::Text(payable.organization.to_string());
            find(Invariant::Organization, about, stated, expected);
        }
        if let Some((stated, expected)) = disagreement(payment) {
            find(Invariant::Details, about, stated, expected);
        }
        let succeeded = payment.status == PaymentStatus::Succeeded.as_str();
        let Some(verdict) = payment.verdict else {
            if succeeded {
                let expected = Stated::Amount(money(payment.amount, payment.currency));
                find(Invariant::Booked, about, Stated::Nothing, expected);
            }
            continue;
        };
        if !succeeded {
            let stated = Stated::Text(payment.status.clone());
            let expected = Stated::Text(PaymentStatus::Succeeded.as_str().to_owned());
            find(Invariant::Booked, about, stated, expected);
        }
        if *effect != Some(payment.pk) {
            let stated = effect.map_or(Stated::Nothing, key);
            find(Invariant::Effect, about, stated, key(payment.pk));
        }
        let (credited, surplus) = (payment.credited, payment.surplus);
        let elsewhere = verdict == Verdict::CurrencyMismatch;
        let adds_up = i128::from(credited) + i128::from(surplus) == i128::from(payment.amount);
        if credited < 0 || surplus < 0 || (elsewhere && credited != 0) || !adds_up {
            let parts = format!("credited {credited} and surplus {surplus}");
            let expected = Stated::Amount(money(payment.amount, payment.currency));
            find(Invariant::Shares, about, Stated::Text(parts), expected);
        }
        if elsewhere {
            continue;
        }
        if payment.currency != payable.currency {
            let (stated, expected) = (payment.currency, payable.currency);
            let word = |currency: Currency| Stated::Text(currency.code().to_owned());
            find(Invariant::Currency, about, word(stated), word(expected));
            continue;
        }
        for (sum, part) in sums.iter_mut().zip([payment.amount, credited, surplus]) {
            *sum += i128::from(part);
        }
    }
    let creditable = if payable.closed.is_some() {
        payable.credited
    } else {
        payable.amount
    };
    let stated = [payable.received, payable.credited, payable.surplus];
    let of_totals = [Invariant::Received, Invariant::Credited, Invariant::Surplus];
    for ((invariant, stated), sum) in of_totals.into_iter().zip(stated).zip(sums) {
        if i128::from(stated) != sum {
            let sum = i64::try_from(sum).map_or_else(
                |_| Stated::Text(sum.to_string()),
                |sum| Stated::Amount(money(sum, payable.currency)),
            );
            let stated = Stated::Amount(money(stated, payable.currency));
            find(invariant, None, stated, sum);
        }
    }
    let split = payable.received.min(payable.creditable);
    for (invariant, stated, expected) in [
        (Invariant::Split, payable.credited, split),
        (Invariant::Creditable, payable.creditable, creditable),
    ] {
        if stated != expected {
            let amount = |minor_units| Stated::Amount(money(minor_units, payable.currency));
            find(invariant, None, amount(stated), amount(expected));
        }
    }
    found
}

/// Where a payment's columns, and then its details, say something else.
fn disagreement(payment: &LedgerPayment) -> Option<(Stated, Stated)> {
    let Some(details) = &payment.details else {
        let expected = Stated::Text("what can be read".to_owned());
        return Some((Stated::Nothing, expected));
    };
    let amount = money(payment.amount, payment.currency);
    if amount != details.amount {
        return Some((Stated::Amount(amount), Stated::Amount(details.amount)));
    }
    let words = [
        (payment.id.as_str(), details.id.as_str()),
        (payment.status.as_str(), details.status.as_str()),
    ];
    words.into_iter().find_map(|(column, detail)| {
        let text = |text: &str| Stated::Text(text.to_owned());
        (column != detail.replace('\0', "\u{fffd}") && column != detail)
            .then(|| (text(column), text(detail)))
    })
}

/// The database's own key of a row.
fn key(pk: i64) -> Stated {
    Stated::Text(format!("row {pk}"))
}

const fn money(minor_units: i64, currency: Currency) -> Money {
    Money::from_minor_units(minor_units, currency)
}
