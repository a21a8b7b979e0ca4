//! Reads and validates the request to create a link.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::customer_request;
use super::error::ApiError;
use super::fields::{Fields, invalid, missing};
use crate::money::Paise;
use crate::settings::Settings;
use crate::state::{LinkMeta, LinkNotify, NewLink};
use crate::timestamp;
use crate::version::ApiVersion;

const MAX_LINK_ID_LENGTH: usize = 50;
const MAX_PURPOSE_LENGTH: usize = 500;
const MAX_RETURN_URL_LENGTH: usize = 250;
const MAX_NOTIFY_URL_LENGTH: usize = 2048;
const MAX_NOTES: usize = 5;
const PAYMENT_METHODS: [&str; 8] = ["cc", "dc", "ccc", "ppc", "nb", "upi", "paypal", "app"];

/// Reads a create request, or refuses its first invalid field.
pub(super) fn read(
    body: &[u8],
    version: ApiVersion,
    settings: &Settings,
    now: Timestamp,
) -> Result<NewLink, ApiError> {
    let fields = Fields::parse(body)?;
    let optional_texts = version >= ApiVersion::V2026_01_01;
    let link_id = link_id(&fields, optional_texts, settings.link_id_allows_dots)?;
    let amount = fields
        .amount("link_amount")?
        .ok_or_else(|| missing("link_amount"))?;
    limits(amount, settings)?;
    let currency = currency(&fields, settings)?;
    let purpose = purpose(&fields, optional_texts)?;
    let customer = fields
        .object("customer_details")?
        .ok_or_else(|| missing("customer_details"))?;
    let customer = customer_request::read(&customer)?;
    let partial_payments = fields.flag("link_partial_payments")?.unwrap_or(false);
    let minimum_partial_amount = minimum(&fields, amount)?;
    let expires_at = expiry(&fields, "link_expiry_time", now)?;
    fields.flag("enable_invoice")?;
    Ok(NewLink {
        link_id,
        amount,
        currency,
        purpose,
        customer,
        partial_payments,
        minimum_partial_amount,
        expires_at,
        notify: notify(&fields)?,
        auto_reminders: fields.flag("link_auto_reminders")?.unwrap_or(false),
        notes: notes(&fields)?,
        meta: meta(&fields)?,
        order_splits: splits(&fields, "order_splits")?,
        subscription: match version {
            ApiVersion::V2026_01_01 => object_as_sent(&fields, "subscription")?,
            _ => None,
        },
    })
}

fn link_id(fields: &Fields<'_>, optional: bool, dots: bool) -> Result<Option<String>, ApiError> {
    let Some(link_id) = fields
        .text("link_id")?
        .filter(|link_id| !link_id.is_empty())
    else {
        return if optional {
            Ok(None)
        } else {
            Err(missing("link_id"))
        };
    };
    if link_id.chars().count() > MAX_LINK_ID_LENGTH {
        return Err(invalid("link_id", "must have at most 50 characters"));
    }
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (dots && byte == b'.')
    };
    if !link_id.bytes().all(allowed) {
        return Err(invalid(
            "link_id",
            "must contain only letters, digits, - and _",
        ));
    }
    Ok(Some(link_id))
}

fn currency(fields: &Fields<'_>, settings: &Settings) -> Result<String, ApiError> {
    let currency = fields.required_text("link_currency")?;
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(invalid(
            "link_currency",
            "must be a currency code of three capital letters",
        ));
    }
    if settings.enabled_currencies.contains(&currency) {
        Ok(currency)
    } else {
        Err(ApiError::request(
            400,
            "link_post_failed",
            format!("Currency {currency} is not enabled"),
        ))
    }
}

fn purpose(fields: &Fields<'_>, optional: bool) -> Result<String, ApiError> {
    let purpose = if optional {
        fields.text("link_purpose")?.unwrap_or_default()
    } else {
        fields.required_text("link_purpose")?
    };
    if purpose.chars().count() > MAX_PURPOSE_LENGTH {
        return Err(invalid("link_purpose", "must have at most 500 characters"));
    }
    Ok(purpose)
}

/// Checks the amount against the limits of the settings; the gateway documents none.
fn limits(amount: Paise, settings: &Settings) -> Result<(), ApiError> {
    let (min, max) = (settings.link_amount_minimum, settings.link_amount_maximum);
    if amount < min {
        return Err(invalid("link_amount", &format!("must be at least {min}")));
    }
    if max.is_positive() && amount > max {
        return Err(invalid("link_amount", &format!("must be at most {max}")));
    }
    Ok(())
}

fn minimum(fields: &Fields<'_>, amount: Paise) -> Result<Option<Paise>, ApiError> {
    let minimum = fields.amount("link_minimum_partial_amount")?;
    if minimum.is_some_and(|minimum| minimum >= amount) {
        return Err(invalid(
            "link_minimum_partial_amount",
            "must be less than link_amount",
        ));
    }
    Ok(minimum)
}

/// Reads an expiry. It must be in the future and not after [`timestamp::LAST`].
pub(super) fn expiry(
    fields: &Fields<'_>,
    field: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = fields.text(field)? else {
        return Ok(None);
    };
    let at = timestamp::parse(&text).ok_or_else(|| {
        invalid(
            field,
            "must be an ISO 8601 time with an offset, such as 2030-01-31T18:00:00+05:30",
        )
    })?;
    if at <= now {
        return Err(invalid(field, "must be in the future"));
    }
    if at > timestamp::LAST {
        return Err(invalid(field, "must not be after 9999-12-30"));
    }
    Ok(Some(at))
}

fn notify(fields: &Fields<'_>) -> Result<LinkNotify, ApiError> {
    let Some(notify) = fields.object("link_notify")? else {
        return Ok(LinkNotify::default());
    };
    Ok(LinkNotify {
        send_sms: notify.flag("send_sms")?.unwrap_or(false),
        send_email: notify.flag("send_email")?.unwrap_or(false),
    })
}

fn notes(fields: &Fields<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let notes: BTreeMap<String, String> = fields
        .value("link_notes", "must be an object whose values are strings")?
        .unwrap_or_default();
    if notes.len() > MAX_NOTES {
        return Err(invalid("link_notes", "must have at most 5 entries"));
    }
    Ok(notes)
}

fn meta(fields: &Fields<'_>) -> Result<LinkMeta, ApiError> {
    let Some(meta) = fields.object("link_meta")? else {
        return Ok(LinkMeta::default());
    };
    let upi_intent = match meta.raw("upi_intent").map(RawValue::get) {
        None => None,
        Some("true" | "\"true\"") => Some(true),
        Some("false" | "\"false\"") => Some(false),
        Some(_) => return Err(invalid("link_meta.upi_intent", "must be true or false")),
    };
    let payment_methods = meta.text("payment_methods")?;
    let known = |method: &str| method.is_empty() || PAYMENT_METHODS.contains(&method);
    if payment_methods
        .as_deref()
        .is_some_and(|methods| !methods.split(',').map(str::trim).all(known))
    {
        return Err(invalid(
            "link_meta.payment_methods",
            "must be a comma-separated list of cc, dc, ccc, ppc, nb, upi, paypal, app",
        ));
    }
    Ok(LinkMeta {
        notify_url: meta.web_address("notify_url", MAX_NOTIFY_URL_LENGTH, false)?,
        return_url: meta.web_address("return_url", MAX_RETURN_URL_LENGTH, true)?,
        upi_intent,
        payment_methods,
    })
}

/// Reads how the money is split among vendors. Returns the JSON text as sent.
pub(super) fn splits(fields: &Fields<'_>, field: &str) -> Result<Option<Box<RawValue>>, ApiError> {
    let splits: Option<Vec<BTreeMap<String, Box<RawValue>>>> =
        fields.value(field, "must be an array of objects")?;
    let vendor = |split: &BTreeMap<String, Box<RawValue>>| {
        split.get("vendor_id").is_some_and(|vendor| {
            serde_json::from_str::<String>(vendor.get()).is_ok_and(|id| !id.is_empty())
        })
    };
    if splits.is_some_and(|splits| !splits.iter().all(vendor)) {
        return Err(invalid(field, "must name a vendor_id in every entry"));
    }
    Ok(fields.raw(field).map(ToOwned::to_owned))
}

fn object_as_sent(fields: &Fields<'_>, field: &str) -> Result<Option<Box<RawValue>>, ApiError> {
    fields.object(field)?;
    Ok(fields.raw(field).map(ToOwned::to_owned))
}
