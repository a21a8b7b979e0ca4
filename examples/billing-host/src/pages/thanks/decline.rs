//! The reason of a declined payment, for the payer.

use payment_provider_core::{PaymentFailure, Pii};

/// Reason of an attempt that the payer left.
pub(super) const NOT_COMPLETED: &str = "The payment page was left before the payment was complete.";

/// Reason if the gateway gives none.
const UNKNOWN: &str = "The bank or the payment service did not accept the payment.";

const TOO_LITTLE: &str = "The account does not have enough money for this payment.";
const OVER_LIMIT: &str = "The payment is above a limit of the card or the account.";
const CARD_EXPIRED: &str = "The card has expired.";
const WRONG_CARD: &str = "The details of the card are not correct.";
const WRONG_CODE: &str = "The PIN or the one-time password was not correct.";
const TIMED_OUT: &str = "The payment was not completed in time.";
const BANK_DOWN: &str = "The bank could not be reached.";
const UNKNOWN_UPI: &str = "The UPI address does not exist.";

/// Plain words for the codes of gateways that have one meaning, in lower case.
const CODES: &[(&str, &str)] = &[
    ("insufficient_funds", TOO_LITTLE),
    ("insufficient_balance", TOO_LITTLE),
    ("insufficient_fund", TOO_LITTLE),
    ("amount_limit_exceeded", OVER_LIMIT),
    ("transaction_limit_exceeded", OVER_LIMIT),
    ("transaction_daily_limit_exceeded", OVER_LIMIT),
    ("card_expired", CARD_EXPIRED),
    ("incorrect_card_details", WRONG_CARD),
    ("incorrect_card_expiry_date", WRONG_CARD),
    ("incorrect_cvv", WRONG_CARD),
    ("card_number_invalid", WRONG_CARD),
    ("incorrect_otp", WRONG_CODE),
    ("incorrect_pin", WRONG_CODE),
    ("payment_timed_out", TIMED_OUT),
    ("payment_session_expired", TIMED_OUT),
    ("payment_cancelled", NOT_COMPLETED),
    ("user_dropped", NOT_COMPLETED),
    ("bank_technical_error", BANK_DOWN),
    ("bank_not_available", BANK_DOWN),
    ("invalid_vpa", UNKNOWN_UPI),
];

/// Returns the reason in plain words if its code is known, else in the gateway's words.
pub(super) fn reason(failure: Option<&PaymentFailure>) -> String {
    let Some(failure) = failure else {
        return UNKNOWN.to_owned();
    };
    let code = failure.code.as_deref().unwrap_or_default();
    let known = CODES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code));
    if let Some((_, words)) = known {
        return (*words).to_owned();
    }
    let text = failure.message.as_ref().map(Pii::expose);
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => UNKNOWN.to_owned(),
        Some(text) if text.ends_with(['.', '!', '?']) => text.to_owned(),
        Some(text) => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_of(code: Option<&str>, text: Option<&str>) -> String {
        let text = text.map(|text| Pii::new(text.to_owned()));
        reason(Some(&PaymentFailure::new(code.map(str::to_owned), text)))
    }

    #[test]
    fn a_known_code_is_explained_in_plain_words() {
        let text = Some("U30: debit has been failed");
        assert_eq!(reason_of(Some("insufficient_funds"), text), TOO_LITTLE);
        assert_eq!(reason_of(Some("INCORRECT_OTP"), None), WRONG_CODE);
    }

    #[test]
    fn an_unknown_code_is_explained_by_the_text_of_the_gateway() {
        let text = Some(" Declined by issuer ");
        assert_eq!(reason_of(Some("X1"), text), "Declined by issuer.");
        assert_eq!(reason_of(None, Some("Try later!")), "Try later!");
    }

    #[test]
    fn a_failure_without_a_reason_is_still_explained() {
        assert_eq!(reason(None), UNKNOWN);
        assert_eq!(reason_of(Some("X1"), Some(" ")), UNKNOWN);
    }
}
