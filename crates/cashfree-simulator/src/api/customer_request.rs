//! Reads and validates `customer_details`.

use super::error::ApiError;
use super::fields::{Fields, invalid};
use crate::state::Customer;

/// Bank numbers that the gateway accepts.
const BANK_CODES: [i64; 39] = [
    3003, 3005, 3006, 3010, 3012, 3016, 3019, 3020, 3021, 3022, 3023, 3024, 3026, 3027, 3028, 3029,
    3030, 3031, 3032, 3033, 3038, 3039, 3040, 3042, 3044, 3054, 3055, 3058, 3086, 3087, 3088, 3089,
    3090, 3091, 3092, 3098, 3115, 3117, 7001,
];

/// Reads `customer_details`, or refuses the first invalid field.
pub(super) fn read(fields: &Fields<'_>) -> Result<Customer, ApiError> {
    let customer_phone = fields.required_text("customer_phone")?;
    if !is_phone(&customer_phone) {
        return Err(invalid(
            &fields.name("customer_phone"),
            "must be 10 digits, or + and a country code with 7 to 15 digits in all",
        ));
    }
    let customer_email = fields
        .text("customer_email")?
        .filter(|email| !email.is_empty());
    if customer_email
        .as_deref()
        .is_some_and(|email| !is_email(email))
    {
        return Err(invalid(
            &fields.name("customer_email"),
            "must be an e-mail address",
        ));
    }
    let bank_code: Option<i64> =
        fields.value("customer_bank_code", "must be a bank code of the gateway")?;
    if bank_code.is_some_and(|code| !BANK_CODES.contains(&code)) {
        return Err(invalid(
            &fields.name("customer_bank_code"),
            "must be a bank code of the gateway",
        ));
    }
    Ok(Customer {
        customer_phone,
        customer_email,
        customer_name: fields.text("customer_name")?,
        customer_bank_account_number: account_number(fields)?,
        customer_bank_ifsc: fields.text("customer_bank_ifsc")?,
        customer_bank_code: bank_code,
    })
}

/// Reads the account number: a string, or a whole number as in some published examples.
fn account_number(fields: &Fields<'_>) -> Result<Option<String>, ApiError> {
    const FIELD: &str = "customer_bank_account_number";
    match fields.raw(FIELD).map(serde_json::value::RawValue::get) {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(number.to_owned()))
        }
        _ => fields.text(FIELD),
    }
}

fn is_phone(phone: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match phone.strip_prefix('+') {
        Some(indian) if indian.starts_with("91") => indian.len() == 12 && digits(indian),
        Some(foreign) => (7..=15).contains(&foreign.len()) && digits(foreign),
        None => phone.len() == 10 && digits(phone),
    }
}

fn is_email(email: &str) -> bool {
    let visible = email
        .chars()
        .all(|letter| !letter.is_whitespace() && !letter.is_control());
    visible
        && email.len() <= 254
        && email.rsplit_once('@').is_some_and(|(name, domain)| {
            !name.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        })
}
