//! Validation of a request for a link, with Razorpay's error messages.

use serde_json::Value;

const MEMBERS: [&str; 14] = [
    "amount",
    "currency",
    "accept_partial",
    "first_min_partial_amount",
    "expire_by",
    "reference_id",
    "description",
    "customer",
    "notify",
    "reminder_enable",
    "notes",
    "callback_url",
    "callback_method",
    "options",
];

pub const TOO_NEAR: &str = "timestamp must be atleast 15 minutes in future";

const SIX_MONTHS: i64 = 184 * 86_400;

/// Returns the message of the refusal; `None` if the request is valid.
pub fn refusal(request: &Value, now: i64, most: Option<i64>) -> Option<&'static str> {
    let object = request.as_object()?;
    if object.keys().any(|key| !MEMBERS.contains(&key.as_str())) {
        return Some("extra fields sent.");
    }
    if object.values().any(Value::is_null) {
        return Some("incorrect JSON object received.");
    }
    amount(request, most)
        .or_else(|| expiry(request, now))
        .or_else(|| customer(request))
        .or_else(|| texts(request))
}

fn amount(request: &Value, most: Option<i64>) -> Option<&'static str> {
    let Some(given) = request.get("amount") else {
        return Some("amount: cannot be blank.");
    };
    let Some(amount) = given.as_i64() else {
        return Some(
            "amount, should be a whole number for e.g. 2234 to create a payment link for INR 22.34.",
        );
    };
    let currency = request["currency"].as_str().unwrap_or("INR");
    if amount < 100 && currency == "INR" {
        return Some("amount: amount should be minimum 100 for INR.");
    }
    if currency.len() != 3 {
        return Some(
            "amount: currency: wrong input field, please find the list of supported currencies on the documentation.",
        );
    }
    if most.is_some_and(|most| amount > most) {
        return Some("amount exceeds maximum amount allowed.");
    }
    let partial = request["accept_partial"].as_bool().unwrap_or(false);
    match request.get("first_min_partial_amount").map(Value::as_i64) {
        None => None,
        Some(Some(least)) if partial && least > amount => {
            Some("first_min_partial_amount must be less than or equal to amount.")
        }
        Some(Some(least)) if partial && least >= 100 => None,
        _ => Some("first_min_partial_amount: amount should be minimum 100 for INR."),
    }
}

fn expiry(request: &Value, now: i64) -> Option<&'static str> {
    let given = request.get("expire_by")?;
    let Some(at) = given.as_i64() else {
        return Some("incorrect JSON object received - faulty key: expire_by.");
    };
    (at < now + 15 * 60 || at > now + SIX_MONTHS).then_some(TOO_NEAR)
}

fn customer(request: &Value) -> Option<&'static str> {
    let customer = request.get("customer")?;
    if let Some(contact) = customer["contact"].as_str() {
        if !(8..=14).contains(&contact.len()) {
            return Some("contact: the length must be between 8 and 14.");
        }
        let recurring = |window: &[u8]| window.iter().all(|byte| *byte == window[0]);
        if contact.as_bytes().windows(6).any(recurring) {
            return Some("Recurring digits in customer contact are disallowed");
        }
    }
    let email = customer["email"].as_str();
    email
        .is_some_and(|email| !email.contains('@'))
        .then_some("email: must be in a valid format for e.g. abcxyz@domain.com.")
}

fn texts(request: &Value) -> Option<&'static str> {
    let length = |name: &str| {
        request[name]
            .as_str()
            .map_or(0, |text| text.chars().count())
    };
    if length("reference_id") > 40 {
        return Some("reference_id: the length must be no more than 40.");
    }
    if length("description") > 2048 {
        return Some("description: the length must be no more than 2048.");
    }
    let notes = request["notes"].as_object();
    let long = |note: &Value| note.as_str().is_none_or(|text| text.chars().count() > 255);
    if notes.is_some_and(|notes| notes.values().any(long)) {
        return Some("value: the length must not be greater than 255.");
    }
    if notes.is_some_and(|notes| notes.len() > 15) {
        return Some("notes: the length must be no more than 15.");
    }
    let callback = request["callback_url"].as_str();
    if callback.is_some_and(|url| !url.contains("://")) {
        return Some("callback_url: URL should be sent in callback_url field.");
    }
    let method = request["callback_method"].as_str();
    (callback.is_some() && method != Some("get"))
        .then_some("callback_method: must be a valid value.")
}
