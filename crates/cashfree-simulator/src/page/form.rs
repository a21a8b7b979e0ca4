//! Reads what a payer submits.

use super::test_instruments::{card, upi};
use crate::money::Paise;
use crate::world::{Instrument, Method, PaymentAttempt, PaymentStatus};

/// What the payer chose.
pub(super) struct Choice {
    pub(super) attempt: PaymentAttempt,
    pub(super) end: PaymentStatus,
}

/// A submitted form.
#[derive(Default)]
pub(super) struct Form {
    outcome: String,
    method: String,
    amount: String,
    upi_id: String,
    card_number: String,
}

impl Form {
    /// Reads a form body, or says what is wrong with it.
    pub(super) fn read(body: &[u8]) -> Result<Choice, &'static str> {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let value = value.trim().to_owned();
            match &*name {
                "outcome" => form.outcome = value,
                "method" => form.method = value,
                "amount" => form.amount = value,
                "upi_id" => form.upi_id = value,
                "card_number" => form.card_number = value,
                _ => {}
            }
        }
        form.choice()
    }

    fn choice(self) -> Result<Choice, &'static str> {
        let mut end = match self.outcome.as_str() {
            "pay" => PaymentStatus::Success,
            "fail" => PaymentStatus::Failed,
            "leave" => PaymentStatus::UserDropped,
            _ => return Err("Choose whether to pay, to fail or to leave."),
        };
        let method = if self.method.is_empty() {
            Ok(Method::Upi)
        } else {
            self.method.parse()
        };
        let mut attempt = PaymentAttempt::new();
        match method.map_err(|_| "Choose UPI, card or net banking.")? {
            Method::Upi if !self.upi_id.is_empty() => {
                let (instrument, decline) =
                    upi(&self.upi_id).ok_or("This is not one of the test UPI ids.")?;
                if decline.is_some() && end == PaymentStatus::Success {
                    end = PaymentStatus::Failed;
                }
                attempt.instrument = Some(instrument);
                attempt.decline = decline;
            }
            Method::Card if !self.card_number.is_empty() => {
                attempt.instrument = Some(
                    card(&self.card_number).ok_or("This is not one of the test card numbers.")?,
                );
            }
            method => attempt.instrument = Some(Instrument::of(method)),
        }
        if !self.amount.is_empty() {
            let amount: Paise = self
                .amount
                .parse()
                .map_err(|_| "The amount must be a number such as 55.00.")?;
            attempt.amount = Some(amount);
        }
        Ok(Choice { attempt, end })
    }
}
