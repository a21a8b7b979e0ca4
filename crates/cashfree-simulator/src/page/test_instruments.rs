//! Test cards and UPI ids that the gateway publishes for its sandbox, and the reasons for a failed payment.

use crate::state::{Decline, Instrument, masked};

/// A test card. All of them succeed.
pub(super) struct TestCard {
    pub(super) number: &'static str,
    pub(super) description: &'static str,
    network: &'static str,
    kind: &'static str,
}

const fn test_card(
    number: &'static str,
    description: &'static str,
    network: &'static str,
    kind: &'static str,
) -> TestCard {
    TestCard {
        number,
        description,
        network,
        kind,
    }
}

pub(super) const CARDS: [TestCard; 9] = [
    test_card("4706131211212123", "Visa debit", "visa", "debit_card"),
    test_card("4062288312345026", "Visa debit", "visa", "debit_card"),
    test_card("4576238912771450", "Visa credit", "visa", "credit_card"),
    test_card("4444333322221111", "Visa credit", "visa", "credit_card"),
    test_card(
        "4466050254381183",
        "Visa credit, premium",
        "visa",
        "credit_card",
    ),
    test_card(
        "4074970084343075",
        "Visa credit, corporate",
        "visa",
        "credit_card",
    ),
    test_card(
        "5409162669381034",
        "Mastercard debit",
        "mastercard",
        "debit_card",
    ),
    test_card(
        "5105105105105100",
        "Mastercard credit",
        "mastercard",
        "credit_card",
    ),
    test_card("6074825972083818", "RuPay debit", "rupay", "debit_card"),
];

/// Number of the only bank for net banking.
pub(super) const BANK: &str = "3333";

/// A test UPI id and its outcome.
pub(super) struct TestUpiId {
    pub(super) id: &'static str,
    pub(super) description: &'static str,
    reason: Option<&'static str>,
}

pub(super) const UPI_IDS: [TestUpiId; 5] = [
    TestUpiId {
        id: "testsuccess@gocash",
        description: "succeeds",
        reason: None,
    },
    TestUpiId {
        id: "testfailure@gocash",
        description: "declined by the bank",
        reason: Some("auth_declined"),
    },
    TestUpiId {
        id: "testinsufficientfunds@gocash",
        description: "fails, the account holds too little money",
        reason: Some("insufficient_funds"),
    },
    TestUpiId {
        id: "testtimeoutbank@gocash",
        description: "fails, the bank does not answer in time",
        reason: Some("bank_timeout"),
    },
    TestUpiId {
        id: "testfraud@gocash",
        description: "stopped as suspicious",
        reason: Some("risk_declined"),
    },
];

/// A reason for a failed payment.
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) description: &'static str,
}

pub(super) const REASONS: [Reason; 4] = [
    Reason {
        code: "auth_declined",
        description: "The payer's bank declined the transaction",
    },
    Reason {
        code: "insufficient_funds",
        description: "The account holds too little money",
    },
    Reason {
        code: "bank_timeout",
        description: "The payer's bank did not answer in time",
    },
    Reason {
        code: "risk_declined",
        description: "The transaction was stopped as suspicious",
    },
];

/// Returns the card with a number. Blanks in the number are ignored.
pub(super) fn card(number: &str) -> Option<Instrument> {
    let digits: String = number
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let card = CARDS.iter().find(|known| known.number == digits)?;
    Some(Instrument::Card {
        number: masked(card.number),
        network: card.network,
        kind: card.kind,
    })
}

/// Returns the instrument of a UPI id, and the decline that it causes.
pub(super) fn upi(upi_id: &str) -> Option<(Instrument, Option<Decline>)> {
    let known = UPI_IDS.iter().find(|known| known.id == upi_id)?;
    let instrument = Instrument::Upi {
        upi_id: upi_id.to_owned(),
    };
    Some((instrument, known.reason.and_then(decline)))
}

/// Returns the decline for a reason.
pub(super) fn decline(code: &str) -> Option<Decline> {
    let reason = REASONS.iter().find(|reason| reason.code == code)?;
    Some(Decline {
        reason: reason.code,
        ..Decline::by_bank(reason.description)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_upi_ids_have_a_decline_reason() {
        for known in UPI_IDS {
            let (_, decline) = upi(known.id).unwrap();
            assert_eq!(decline.map(|decline| decline.reason), known.reason);
        }
        assert!(upi("payer@bank").is_none());
    }
}
