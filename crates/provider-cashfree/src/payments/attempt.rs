use payment_provider_core::{
    Money, Payment, PaymentClaim, PaymentFailure, PaymentId, PaymentStatus, Pii,
};
use payment_provider_http::json_fields;

use crate::wire::{self, Raw, Unreadable};

json_fields! {
    /// A payment attempt. The API and the payment webhooks use the same fields, except for the order
    /// and the error details, which are in different places.
    pub(crate) struct Attempt<'a> {
        cf_payment_id: Raw<'a>,
        payment_status: Raw<'a>,
        payment_amount: Raw<'a>,
        payment_currency: Raw<'a>,
        payment_group: Raw<'a>,
        payment_message: Raw<'a>,
        payment_time: Raw<'a>,
        bank_reference: Raw<'a>,
    }

    /// The reason of a failure.
    pub(crate) struct ErrorDetails<'a> {
        error_code: Raw<'a>,
        error_description: Raw<'a>,
    }
}

impl Attempt<'_> {
    /// Converts the attempt into a payment. `amount` is the part that counts toward the checkout.
    pub(crate) fn payment(
        &self,
        amount: Money,
        error_details: Option<&ErrorDetails<'_>>,
    ) -> Result<Payment, Unreadable> {
        let id = self.id()?;
        let status = self.status()?;
        let mut payment = Payment::new(id, status, amount);
        payment.charged = self.charged(amount).filter(|charged| *charged != amount);
        payment.method = wire::stated(self.payment_group);
        payment.bank_reference = wire::stated_whole(self.bank_reference);
        payment.paid_at = wire::with_offset(self.payment_time);
        payment.failure = self.failure(&payment.status, error_details);
        Ok(payment)
    }

    /// Returns the claim of a successful attempt, for a report without a readable amount. `None` for
    /// every other attempt, and for one without an id.
    pub(crate) fn claim(&self) -> Option<PaymentClaim> {
        let id = self.id().ok()?;
        self.succeeded().then(|| PaymentClaim::of_payment(id))
    }

    /// Returns true for a successful attempt whose id cannot be read.
    pub(crate) fn succeeded_without_id(&self) -> bool {
        self.id().is_err() && self.succeeded()
    }

    fn succeeded(&self) -> bool {
        self.status() == Ok(PaymentStatus::Succeeded)
    }

    fn id(&self) -> Result<PaymentId, Unreadable> {
        wire::gateway_identifier(self.cf_payment_id).ok_or(Unreadable("cf_payment_id"))
    }

    fn status(&self) -> Result<PaymentStatus, Unreadable> {
        wire::word("payment_status", self.payment_status).map(|word| wire::payment_status(&word))
    }

    /// Returns the amount charged to the payer. The amount is informational: if it cannot be read,
    /// the payment still counts.
    fn charged(&self, amount: Money) -> Option<Money> {
        self.payment_amount?;
        let currency = match self.payment_currency {
            None => Ok(amount.currency()),
            given => wire::currency("payment_currency", given),
        };
        currency
            .and_then(|currency| wire::amount("payment_amount", self.payment_amount, currency))
            .inspect_err(|what| tracing::warn!(field = what.0, "unreadable charged amount"))
            .ok()
    }

    fn failure(
        &self,
        status: &PaymentStatus,
        details: Option<&ErrorDetails<'_>>,
    ) -> Option<PaymentFailure> {
        if *status == PaymentStatus::Succeeded {
            return None;
        }
        let code = details.and_then(|details| wire::stated(details.error_code));
        let description = details.and_then(|details| wire::stated(details.error_description));
        let message = if *status == PaymentStatus::Failed {
            description.or_else(|| wire::stated(self.payment_message))
        } else {
            description
        };
        (code.is_some() || message.is_some())
            .then(|| PaymentFailure::new(code, message.map(Pii::new)))
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Currency;

    use super::*;

    const FULL: &str = r#"{"cf_payment_id":1504280029,"payment_status":"FAILED","payment_amount":1.50,
        "payment_currency":"INR","payment_message":"declined","payment_group":"net_banking",
        "payment_time":"2023-01-06T20:00:11+05:30","bank_reference":"NA","auth_id":"null",
        "payment_method":{"netbanking":{"channel":null}},"payment_surcharge":null}"#;

    fn read(json: &str, details: &str) -> Result<Payment, Unreadable> {
        let attempt: Attempt<'_> = serde_json::from_str(json).unwrap();
        let details: Option<ErrorDetails<'_>> = serde_json::from_str(details).unwrap();
        attempt.payment(
            Money::from_minor_units(180, Currency::INR),
            details.as_ref(),
        )
    }

    #[test]
    fn an_attempt_is_read() {
        let details = r#"{"error_code":"GATEWAY_ERROR","error_description":"too little"}"#;
        let payment = read(FULL, details).unwrap();
        assert_eq!(payment.id.as_str(), "1504280029");
        assert_eq!(payment.status, PaymentStatus::Failed);
        assert_eq!(payment.amount.to_string(), "INR 1.80");
        assert_eq!(payment.charged.unwrap().to_string(), "INR 1.50");
        assert_eq!(payment.method.as_deref(), Some("net_banking"));
        assert_eq!(payment.bank_reference, None);
        assert!(payment.paid_at.is_some());
        let failure = payment.failure.unwrap();
        assert_eq!(failure.code.as_deref(), Some("GATEWAY_ERROR"));
        assert_eq!(failure.message.unwrap().expose(), "too little");
    }

    #[test]
    fn absent_fields_stay_absent() {
        let least = r#"{"cf_payment_id":"1","payment_status":"SUCCESS","bank_reference":null,
            "payment_message":"ok","payment_group":""}"#;
        let payment = read(least, "null").unwrap();
        assert_eq!(payment.charged, None);
        assert_eq!(payment.method, None);
        assert_eq!(payment.bank_reference, None);
        assert_eq!(payment.failure, None);
        assert_eq!(payment.paid_at, None);
    }

    #[test]
    fn the_charged_amount_is_kept_only_if_it_differs() {
        let same = FULL.replace("1.50", "\"1.8\"");
        assert_eq!(read(&same, "null").unwrap().charged, None);
        let foreign = FULL.replace(
            "1.50,\n        \"payment_currency\":\"INR\"",
            "1.80,\"payment_currency\":\"USD\"",
        );
        assert_eq!(
            read(&foreign, "null").unwrap().charged.unwrap().to_string(),
            "USD 1.80"
        );
    }

    #[test]
    fn an_unreadable_charged_amount_does_not_discard_the_payment() {
        for (from, to) in [
            ("1.50", "\"much\""),
            ("1.50", "1.505"),
            ("1.50", "-1"),
            ("1.50", "{}"),
            ("\"INR\"", "\"RUPEES\""),
            ("\"INR\"", "7"),
        ] {
            let payment = read(&FULL.replace(from, to), "null").unwrap();
            assert_eq!(payment.charged, None, "{to}");
            assert_eq!(payment.amount.to_string(), "INR 1.80", "{to}");
        }
    }

    #[test]
    fn a_failure_without_details_has_the_gateways_message() {
        let failure = read(FULL, "null").unwrap().failure.unwrap();
        assert_eq!(failure.message.unwrap().expose(), "declined");
        assert_eq!(failure.code, None);
    }

    #[test]
    fn an_unreadable_required_field_is_named() {
        for (field, from, to) in [
            ("cf_payment_id", "1504280029", "null"),
            ("cf_payment_id", "1504280029", "1.5"),
            ("payment_status", "\"FAILED\"", "null"),
            ("payment_status", "\"FAILED\"", "{}"),
            ("cf_payment_id", "1504280029", "0"),
            ("cf_payment_id", "1504280029", "\"NA\""),
            ("cf_payment_id", "1504280029", "\" null \""),
        ] {
            let json = FULL.replace(from, to);
            assert_eq!(
                read(&json, "null").unwrap_err(),
                Unreadable(field),
                "{json}"
            );
        }
    }
}
