use payment_provider_core::{
    Currency, GatewayCheckoutId, OrderId, Payment, PaymentClaim, PaymentFailure, PaymentId,
    PaymentStatus, Pii,
};
use payment_provider_http::json::{self, Nested, Raw, Unreadable};
use payment_provider_http::json_fields;

use super::fee::{Amounts, LinkTotals};
use crate::wire;

json_fields! {
    /// A payment attempt. The API and the webhooks use the same fields:
    /// <https://razorpay.com/docs/api/payments/entity/>.
    pub(crate) struct Attempt<'a> {
        id: Raw<'a>,
        status: Raw<'a>,
        amount: Raw<'a>,
        currency: Raw<'a>,
        fee: Raw<'a>,
        fee_bearer: Raw<'a>,
        order_id: Raw<'a>,
        description: Raw<'a>,
        method: Raw<'a>,
        acquirer_data: Nested<AcquirerData<'a>>,
        error_code: Raw<'a>,
        error_reason: Raw<'a>,
        error_description: Raw<'a>,
        /// The time of creation.
        pub(crate) created_at: Raw<'a>,
    }

    /// Bank references. The payment method decides which field is set.
    struct AcquirerData<'a> {
        rrn: Raw<'a>,
        bank_transaction_id: Raw<'a>,
        transaction_id: Raw<'a>,
        upi_transaction_id: Raw<'a>,
        arn: Raw<'a>,
        auth_code: Raw<'a>,
    }
}

impl Attempt<'_> {
    /// Converts the attempt into a payment. Its own amount, in the currency's minor unit, counts
    /// toward the link, without a fee that the payer is stated to bear. The amount of a success is
    /// [not certain](Self::counted_on) by this alone. Only the status is decisive: `captured`
    /// contradicts it in published bodies.
    pub(crate) fn payment(&self) -> Result<Payment, Unreadable> {
        let id = self.id().ok_or(Unreadable("payment.id"))?;
        let status = self.status()?;
        let amounts = self.amounts()?;
        let stated = amounts.stated().unwrap_or_else(|| amounts.charged());
        let mut payment = amounts.applied(Payment::new(id, status, stated), stated);
        payment.order_id = self.order_id();
        payment.method = json::stated_word(self.method);
        payment.bank_reference = self.bank_reference();
        payment.failure = self.failure(&payment.status);
        payment.paid_at = json::unix_seconds(self.created_at);
        Ok(payment)
    }

    /// Returns the payment with the amount that counts toward a link with these totals, or `None` if
    /// that is not certain.
    pub(crate) fn counted_on(&self, link: LinkTotals) -> Option<Payment> {
        let amounts = self.amounts().ok()?;
        let counted = amounts.on_link(link)?;
        Some(amounts.applied(self.payment().ok()?, counted))
    }

    /// Returns the claim that this attempt brought money; `None` if it did not, or if it has no id.
    /// Its amount is `None` unless it is certain without the link.
    pub(crate) fn claim(&self) -> Option<PaymentClaim> {
        let id = self.id()?;
        if self.status() != Ok(PaymentStatus::Succeeded) {
            return None;
        }
        let claim = PaymentClaim::of_payment(id).with_order_id(self.order_id());
        let amounts = self.amounts().ok();
        Some(claim.with_amount(amounts.and_then(Amounts::certain)))
    }

    /// Returns the amounts that may count toward the link.
    pub(super) fn amounts(&self) -> Result<Amounts, Unreadable> {
        let currency: Currency = json::currency("payment.currency", self.currency)?;
        let charged = json::minor_units("payment.amount", self.amount, currency)?;
        Ok(Amounts::read(self.fee_bearer, self.fee, charged))
    }

    /// Returns the id of the attempt.
    pub(crate) fn id(&self) -> Option<PaymentId> {
        json::gateway_identifier(self.id)
    }

    fn status(&self) -> Result<PaymentStatus, Unreadable> {
        json::word("payment.status", self.status).map(|word| wire::payment_status(&word))
    }

    /// Returns the order of the attempt.
    pub(crate) fn order_id(&self) -> Option<OrderId> {
        wire::order_id(self.order_id)
    }

    /// Returns the link that the description names. The description is no proof: see
    /// [`wire::described_link`].
    pub(crate) fn described_link(&self) -> Option<GatewayCheckoutId> {
        wire::described_link(self.description)
    }

    fn bank_reference(&self) -> Option<String> {
        let data = self.acquirer_data.object()?;
        wire::bank_reference([
            data.rrn,
            data.bank_transaction_id,
            data.transaction_id,
            data.upi_transaction_id,
            data.arn,
            data.auth_code,
        ])
    }

    /// Returns the reason of a failure. `error_reason` is preferred because it is more specific
    /// than `error_code`.
    fn failure(&self, status: &PaymentStatus) -> Option<PaymentFailure> {
        if *status == PaymentStatus::Succeeded {
            return None;
        }
        let code =
            json::stated_word(self.error_reason).or_else(|| json::stated_word(self.error_code));
        let message = json::stated(self.error_description).map(Pii::new);
        (code.is_some() || message.is_some()).then(|| PaymentFailure::new(code, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r##"{"id":"pay_DESyzxuld02Zul","entity":"payment","amount":100,"currency":"INR",
        "status":"failed","order_id":"order_DESxiijbl9xjDB","method":"upi","captured":true,
        "description":"#QflcnnZqCekuvL","notes":[],"error_code":"BAD_REQUEST_ERROR",
        "error_description":"Payment failed","error_reason":"payment_failed",
        "acquirer_data":{"rrn":null,"bank_transaction_id":"4827433"},"created_at":1567675356}"##;

    fn read(json: &str) -> Result<Payment, Unreadable> {
        let attempt: Attempt<'_> = serde_json::from_str(json).unwrap();
        attempt.payment()
    }

    #[test]
    fn an_attempt_is_read() {
        let payment = read(FULL).unwrap();
        assert_eq!(payment.id.as_str(), "pay_DESyzxuld02Zul");
        assert_eq!(payment.status, PaymentStatus::Failed);
        assert_eq!(payment.amount.to_string(), "INR 1.00");
        assert_eq!(payment.charged, None);
        assert_eq!(payment.order_id.unwrap().as_str(), "order_DESxiijbl9xjDB");
        assert_eq!(payment.method.as_deref(), Some("upi"));
        assert_eq!(payment.bank_reference.as_deref(), Some("4827433"));
        assert_eq!(payment.paid_at.unwrap().as_second(), 1_567_675_356);
        let failure = payment.failure.unwrap();
        assert_eq!(failure.code.as_deref(), Some("payment_failed"));
        assert_eq!(failure.message.unwrap().expose(), "Payment failed");
    }

    #[test]
    fn absent_fields_stay_absent() {
        for json in [
            r#"{"id":"pay_1","status":"captured","amount":"100","currency":"INR"}"#,
            r#"{"id":"pay_1","status":"captured","amount":100,"currency":"INR","acquirer_data":[],"order_id":null,
            "method":null,"error_code":"","error_reason":null,"error_description":"","created_at":0,"notes":{}}"#,
        ] {
            let payment = read(json).unwrap();
            assert_eq!(payment.order_id, None);
            assert_eq!(payment.method, None);
            assert_eq!(payment.bank_reference, None);
            assert_eq!(payment.failure, None);
            assert_eq!(payment.paid_at, None);
        }
    }

    #[test]
    fn an_unreadable_required_field_is_named() {
        for (field, from, to) in [
            ("payment.id", "\"pay_DESyzxuld02Zul\"", "null"),
            ("payment.id", "\"pay_DESyzxuld02Zul\"", "\"\""),
            ("payment.status", "\"failed\"", "null"),
            ("payment.status", "\"failed\"", "{}"),
            ("payment.amount", ":100", ":1.00"),
            ("payment.amount", ":100", ":-100"),
            ("payment.amount", ":100", ":null"),
            ("payment.currency", "\"INR\"", "\"\""),
            ("payment.currency", "\"INR\"", "\"RUPEES\""),
        ] {
            let json = FULL.replacen(from, to, 1);
            assert_eq!(read(&json).unwrap_err(), Unreadable(field), "{json}");
        }
    }

    const BORNE: &str = r#"{"id":"pay_1","status":"captured","amount":20484,"currency":"INR","fee":472,
        "fee_bearer":"customer"}"#;

    fn claim(json: &str) -> Option<PaymentClaim> {
        let attempt: Attempt<'_> = serde_json::from_str(json).unwrap();
        attempt.claim()
    }

    #[test]
    fn a_fee_that_the_payer_bears_does_not_count_toward_the_link() {
        let payment = read(BORNE).unwrap();
        assert_eq!(payment.amount.minor_units(), 20_012);
        assert_eq!(payment.charged.unwrap().minor_units(), 20_484);
    }

    #[test]
    fn a_claim_states_an_amount_only_if_the_merchant_is_stated_to_bear_the_fee() {
        let of_merchant = claim(&BORNE.replace("customer", "platform")).unwrap();
        assert_eq!(of_merchant.amount.unwrap().minor_units(), 20_484);
        for (from, to) in [
            ("customer", "customer"),
            ("customer", "dynamic"),
            ("\"customer\"", "null"),
            (",\n        \"fee_bearer\":\"customer\"", ""),
        ] {
            let json = BORNE.replace(from, to);
            assert_eq!(claim(&json).unwrap().amount, None, "{json}");
        }
    }

    #[test]
    fn a_bank_reference_that_is_damaged_is_left_out() {
        let damaged = FULL.replace("4827433", "48\u{fffd}433");
        assert_eq!(read(&damaged).unwrap().bank_reference, None);
        let other = damaged.replace("\"rrn\":null", "\"upi_transaction_id\":\"12\"");
        let payment = read(&other).unwrap();
        assert_eq!(payment.bank_reference.as_deref(), Some("12"));
    }

    #[test]
    fn a_fee_that_is_not_stated_leaves_the_amount_as_charged_and_uncertain() {
        let json = BORNE.replace("472", "null");
        let payment = read(&json).unwrap();
        assert_eq!(payment.amount.minor_units(), 20_484);
        assert_eq!(payment.charged, None);
        assert_eq!(claim(&json).unwrap().amount, None);
    }

    #[test]
    fn only_an_attempt_with_an_id_that_brought_money_is_claimed() {
        for (from, to) in [
            ("\"pay_1\"", "null"),
            ("captured", "failed"),
            ("captured", "authorized"),
            ("captured", "settled"),
            ("\"captured\"", "null"),
        ] {
            assert_eq!(claim(&BORNE.replace(from, to)), None, "{from} {to}");
        }
        for (from, to) in [("20484", "null"), ("20484", "204.84"), ("INR", "")] {
            let claim = claim(&BORNE.replace(from, to)).unwrap();
            assert_eq!(claim.payment_id.unwrap().as_str(), "pay_1");
            assert_eq!(claim.amount, None, "{from} {to}");
        }
    }
}
