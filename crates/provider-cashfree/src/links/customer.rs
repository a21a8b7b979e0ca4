use payment_provider_core::{Customer, Pii, ViolationCode, Violations};

use crate::phone::{self, Phone};
use crate::settings::Terms;

pub(crate) const PHONE_RULE: &str =
    "must be 10 digits for India, or + with country code and number of 7 to 15 digits";

const PHONE_MISSING: &str =
    "is required by the gateway, and this connection has no number for customers without one";

/// The number that is sent for a customer: their own, or the one the merchant decided on for
/// customers who have none. A number that cannot be read is never replaced.
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

/// What must be added or mended before a customer can be asked for money. No limit of a link's
/// `customer_name` and `customer_email` is documented, so neither is judged.
pub(crate) fn needs(customer: &Customer, terms: &Terms) -> Violations {
    let mut violations = Violations::none();
    if let Err((code, message)) = phone(customer, terms) {
        violations.push("phone", code, message);
    }
    violations
}
