//! Reads and validates the request to create an order.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::customer_request;
use super::error::ApiError;
use super::fields::{Fields, invalid, missing};
use super::link_request::{expiry, splits};
use crate::money::Paise;
use crate::settings::Settings;
use crate::state::{Customer, NewOrder, OrderMeta};

const MAX_URL_LENGTH: usize = 250;
const MAX_TAGS: usize = 15;
const ONE: Paise = Paise::new(100);
const PAYMENT_METHODS: [&str; 13] = [
    "cc",
    "dc",
    "ccc",
    "ppc",
    "nb",
    "upi",
    "paypal",
    "app",
    "paylater",
    "cardlessemi",
    "dcemi",
    "ccemi",
    "banktransfer",
];

/// Reads a create request, or refuses its first invalid field.
pub(super) fn read(body: &[u8], settings: &Settings, now: Timestamp) -> Result<NewOrder, ApiError> {
    let fields = Fields::parse(body)?;
    let order_id = sized(&fields, "order_id", 3..=45)?;
    if order_id.as_deref().is_some_and(|id| !id.bytes().all(plain)) {
        return Err(invalid(
            "order_id",
            "must contain only letters, digits, - and _",
        ));
    }
    let amount = fields
        .amount("order_amount")?
        .ok_or_else(|| missing("order_amount"))?;
    if amount < ONE {
        return Err(invalid("order_amount", "must be at least 1"));
    }
    let currency = fields.required_text("order_currency")?;
    if !settings.enabled_currencies.contains(&currency) {
        return Err(invalid("order_currency", "is not enabled"));
    }
    let customer = fields
        .object("customer_details")?
        .ok_or_else(|| missing("customer_details"))?;
    let customer_id = customer.required_text("customer_id")?;
    if !(3..=50).contains(&customer_id.len()) || !customer_id.bytes().all(plain) {
        return Err(invalid(
            &customer.name("customer_id"),
            "must have 3 to 50 letters, digits, - and _",
        ));
    }
    let known_as = customer.text("customer_uid")?;
    let customer = person(&customer)?;
    Ok(NewOrder {
        order_id,
        amount,
        currency,
        customer_id,
        customer_uid: known_as,
        customer,
        meta: meta(&fields)?,
        note: sized(&fields, "order_note", 3..=200)?,
        tags: tags(&fields)?,
        splits: splits(&fields, "order_splits")?,
        expires_at: expiry(&fields, "order_expiry_time", now)?,
    })
}

const fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Reads a string whose number of characters is in a range. An empty string counts as absent.
fn sized(
    fields: &Fields<'_>,
    field: &'static str,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<Option<String>, ApiError> {
    let text = fields.text(field)?.filter(|text| !text.is_empty());
    let fits = |text: &String| lengths.contains(&text.chars().count());
    if text.as_ref().is_none_or(fits) {
        return Ok(text);
    }
    let (min, max) = lengths.into_inner();
    Err(invalid(
        &fields.name(field),
        &format!("must have {min} to {max} characters"),
    ))
}

fn person(fields: &Fields<'_>) -> Result<Customer, ApiError> {
    sized(fields, "customer_name", 3..=100)?;
    sized(fields, "customer_email", 3..=100)?;
    customer_request::read(fields)
}

fn meta(fields: &Fields<'_>) -> Result<OrderMeta, ApiError> {
    let Some(meta) = fields.object("order_meta")? else {
        return Ok(OrderMeta::default());
    };
    let payment_methods = meta.text("payment_methods")?;
    let known = |method: &str| method.is_empty() || PAYMENT_METHODS.contains(&method);
    if payment_methods
        .as_deref()
        .is_some_and(|methods| !methods.split(',').map(str::trim).all(known))
    {
        return Err(invalid(
            "order_meta.payment_methods",
            "must be a comma-separated list of the gateway's payment methods",
        ));
    }
    Ok(OrderMeta {
        return_url: meta.web_address("return_url", MAX_URL_LENGTH, true)?,
        notify_url: meta.web_address("notify_url", MAX_URL_LENGTH, false)?,
        payment_methods,
    })
}

fn tags(fields: &Fields<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let tags: BTreeMap<String, String> = fields
        .value("order_tags", "must be an object whose values are strings")?
        .unwrap_or_default();
    let fits = |value: &String| (1..=255).contains(&value.chars().count());
    if tags.len() > MAX_TAGS || !tags.values().all(fits) {
        return Err(invalid(
            "order_tags",
            "must have at most 15 entries of 1 to 255 characters",
        ));
    }
    Ok(tags)
}
