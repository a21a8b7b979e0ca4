//! Reads the payer's form.

use super::test_instruments::{BANK, card, decline, upi};
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::operations::PaymentAttempt;
use crate::state::{Decline, Instrument, Method, PaymentStatus};

/// The payer's choice.
pub(super) struct Choice {
    pub(super) attempt: PaymentAttempt,
    pub(super) outcome: PaymentStatus,
}

/// An error in the form and its field. An error of the whole form has the field `form`.
pub(super) struct FormError {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl FormError {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

impl From<ControlError> for FormError {
    fn from(refusal: ControlError) -> Self {
        match refusal.message.strip_prefix("amount: ") {
            Some(problem) => Self::new("amount", format!("The amount {problem}.")),
            None => Self::new("form", refusal.message),
        }
    }
}

/// The values of the form.
pub(super) struct Form {
    pub(super) outcome: String,
    pub(super) method: String,
    pub(super) amount: String,
    pub(super) upi_id: String,
    pub(super) card_number: String,
    pub(super) bank: String,
    pub(super) reason: String,
}

impl Form {
    /// Creates the initial form.
    pub(super) fn new(amount: Paise) -> Self {
        Self {
            outcome: String::new(),
            method: Method::Upi.to_string(),
            amount: amount.to_string(),
            upi_id: "testsuccess@gocash".to_owned(),
            card_number: "4706131211212123".to_owned(),
            bank: BANK.to_owned(),
            reason: String::new(),
        }
    }

    /// Parses a submitted form. Missing fields are empty.
    pub(super) fn read(body: &[u8]) -> Self {
        let field = |wanted: &str| {
            url::form_urlencoded::parse(body)
                .filter(|(name, _)| name == wanted)
                .last()
                .map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        Self {
            outcome: field("outcome"),
            method: field("method"),
            amount: field("amount"),
            upi_id: field("upi_id"),
            card_number: field("card_number"),
            bank: field("bank"),
            reason: field("reason"),
        }
    }

    /// Returns the payer's choice, or the first error.
    pub(super) fn choice(&self) -> Result<Choice, FormError> {
        let outcome = match self.outcome.as_str() {
            "pay" => PaymentStatus::Success,
            "fail" => PaymentStatus::Failed,
            "pending" => PaymentStatus::Pending,
            "leave" => PaymentStatus::UserDropped,
            _ => {
                return Err(FormError::new(
                    "form",
                    "Choose one of the buttons: pay, fail, leave pending, or leave.",
                ));
            }
        };
        let (instrument, fate) = self.instrument()?;
        let reason = self.reason()?.filter(|_| outcome == PaymentStatus::Failed);
        let outcome = if outcome == PaymentStatus::Success && fate.is_some() {
            PaymentStatus::Failed
        } else {
            outcome
        };
        let mut attempt = PaymentAttempt::new();
        attempt.instrument = Some(instrument);
        attempt.decline = reason.or(fate);
        attempt.amount = self.amount()?;
        Ok(Choice { attempt, outcome })
    }

    /// Returns the payment instrument, and the decline that it causes.
    fn instrument(&self) -> Result<(Instrument, Option<Decline>), FormError> {
        let method = if self.method.is_empty() {
            Ok(Method::Upi)
        } else {
            self.method.parse()
        };
        match method.map_err(|_| FormError::new("method", "Choose UPI, card or net banking."))? {
            Method::Upi if !self.upi_id.is_empty() => upi(&self.upi_id)
                .ok_or_else(|| FormError::new("upi_id", "This is not one of the test UPI ids.")),
            Method::Card if !self.card_number.is_empty() => card(&self.card_number)
                .map(|card| (card, None))
                .ok_or_else(|| {
                    FormError::new("card_number", "This is not one of the test card numbers.")
                }),
            Method::NetBanking if !matches!(self.bank.as_str(), "" | BANK) => {
                Err(FormError::new("bank", "This is not the test bank."))
            }
            method => Ok((Instrument::of(method), None)),
        }
    }

    fn reason(&self) -> Result<Option<Decline>, FormError> {
        if self.reason.is_empty() {
            return Ok(None);
        }
        decline(&self.reason)
            .map(Some)
            .ok_or_else(|| FormError::new("reason", "Choose one of the reasons."))
    }

    fn amount(&self) -> Result<Option<Paise>, FormError> {
        if self.amount.is_empty() {
            return Ok(None);
        }
        self.amount
            .parse()
            .map(Some)
            .map_err(|_| FormError::new("amount", "The amount must be a number such as 55.00."))
    }
}
