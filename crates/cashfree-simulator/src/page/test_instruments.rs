//! The test cards and UPI ids the gateway publishes for its sandbox.

use crate::world::{Decline, Instrument, masked};

/// Number, network and kind.
const CARDS: [(&str, &str, &str); 9] = [
    ("4706131211212123", "visa", "debit_card"),
    ("4062288312345026", "visa", "debit_card"),
    ("4576238912771450", "visa", "credit_card"),
    ("4444333322221111", "visa", "credit_card"),
    ("4466050254381183", "visa", "credit_card"),
    ("4074970084343075", "visa", "credit_card"),
    ("5409162669381034", "mastercard", "debit_card"),
    ("5105105105105100", "mastercard", "credit_card"),
    ("6074825972083818", "rupay", "debit_card"),
];

/// The card with this number, written with or without blanks.
pub(super) fn card(number: &str) -> Option<Instrument> {
    let digits: String = number
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    CARDS
        .into_iter()
        .find(|(known, ..)| *known == digits)
        .map(|(number, network, kind)| Instrument::Card {
            number: masked(number),
            network,
            kind,
        })
}

/// What a UPI id leads to: a payment, or the reason it is declined for.
pub(super) fn upi(upi_id: &str) -> Option<(Instrument, Option<Decline>)> {
    let decline = match upi_id {
        "testsuccess@gocash" => None,
        "testfailure@gocash" => Some(Decline::by_bank(
            "The payer's bank declined the transaction",
        )),
        "testinsufficientfunds@gocash" => Some(declined(
            "insufficient_funds",
            "The account holds too little money",
        )),
        "testtimeoutbank@gocash" => Some(declined(
            "bank_timeout",
            "The payer's bank did not answer in time",
        )),
        "testfraud@gocash" => Some(declined(
            "risk_declined",
            "The transaction was stopped as suspicious",
        )),
        _ => return None,
    };
    Some((
        Instrument::Upi {
            upi_id: upi_id.to_owned(),
        },
        decline,
    ))
}

fn declined(reason: &'static str, description: &str) -> Decline {
    Decline {
        reason,
        ..Decline::by_bank(description)
    }
}
