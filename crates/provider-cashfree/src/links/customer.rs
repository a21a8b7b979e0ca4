use payment_provider_core::{Customer, Pii, ViolationCode, Violations};

use crate::phone::{self, PHONE_RULE, Phone};
use crate::settings::Terms;

const PHONE_MISSING: &str = "is required by the gateway; add one, or set `missing_phone_number` in the connection's settings";

/// Returns the phone number to send: the customer's own, or the merchant's substitute if the
/// customer has none. A number that cannot be read is never replaced.
pub(super) fn phone(
    customer: &Customer,
    terms: &Terms,
) -> Result<Phone, (ViolationCode, &'static str)> {
    let given = customer.phone.as_ref().map(Pii::expose);
    match given.filter(|text| !phone::is_blank(text)) {
        Some(text) => Phone::read(text).ok_or((ViolationCode::Invalid, PHONE_RULE)),
        None => terms
            .missing_phone
            .clone()
            .ok_or((ViolationCode::Missing, PHONE_MISSING)),
    }
}

/// Returns what must be added or corrected before the customer can receive a payment link.
///
/// Cashfree documents no limits for a link's `customer_name` and `customer_email`, so neither is
/// checked.
pub(crate) fn needs(customer: &Customer, terms: &Terms) -> Violations {
    let mut violations = Violations::none();
    if let Err((code, message)) = phone(customer, terms) {
        violations.push("phone", code, message);
    }
    violations
}
