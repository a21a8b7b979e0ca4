use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use payment_provider_core::{
    CheckoutRequest, Fingerprint, Money, PaymentMethod, Pii, PreparedCheckout, ProviderId,
    Violation, ViolationCode, Violations,
};
use serde_json::value::RawValue;
use url::Url;

use super::FINGERPRINT_NOTE;
use super::customer::phone;
use super::extension::LinkExtras;
use super::request::{Contact, CustomerDetails, LinkBody, LinkMeta, LinkNotify, json_number};
use crate::settings::{MAX_RETURN_URL, Terms};
use crate::url_rules;

/// Limits from the API specification and from
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/create-payment-link>.
const MAX_PURPOSE: usize = 500;
const MAX_NOTES: usize = 5;

/// Amount limits, in major units, that no page of Cashfree states for links. Checked only if the
/// merchant enables them.
const UNOFFICIAL_LEAST: i64 = 1;
const UNOFFICIAL_MOST: i64 = 1_000_000;

/// Checks a request against every limit that is known without a call, and writes the request body.
pub(crate) fn preflight(
    request: &CheckoutRequest,
    terms: &Terms,
    provider: &ProviderId,
    now: Timestamp,
) -> Result<PreparedCheckout, Violations> {
    let mut found = Violations::none();
    let amount = amount("amount", request.amount, &mut found);
    if terms.low_trust_limits {
        unofficial_limits(request.amount, &mut found);
    }
    purpose(&request.purpose, &mut found);
    let phone = phone(&request.customer, terms)
        .map_err(|(code, message)| found.push("customer.phone", code, message))
        .ok();
    let expiry = expiry(request.expires_at, now, &mut found);
    let return_url = request.return_url.as_ref();
    if let Some(url) = return_url {
        address("return_url", url, terms, Some(MAX_RETURN_URL), &mut found);
    }
    if let Some(url) = &request.notify_url {
        address("notify_url", url, terms, None, &mut found);
    }
    let minimum = request.partial_payments.and_then(|terms| terms.minimum);
    let minimum = minimum.and_then(|minimum| least(minimum, request.amount, &mut found));
    let options = &request.options;
    notes(&options.notes, &mut found);
    let methods = methods(&options.methods, &mut found);
    let email = known(request.customer.email.as_ref());
    if options.notify_payer.email && email.is_none() {
        let message = "is required to notify the payer by e-mail";
        found.push("customer.email", ViolationCode::Missing, message);
    }
    let currency = request.amount.currency();
    let extras = LinkExtras::read(options.extension(provider), currency, &mut found);

    let (Some(amount), Some(phone), Some((expires_at, expiry)), true) =
        (amount, phone, expiry, found.is_empty())
    else {
        return Err(found);
    };

    let contact = Contact {
        customer_phone: phone.expose(),
        customer_email: email,
        customer_name: known(request.customer.name.as_ref()),
    };
    // With its own id, a customer's digest cannot be compared with that of another one.
    let customer = (request.customer.id.as_str(), &contact);
    let customer = serde_json::to_vec(&customer).map_err(unwritable)?;
    let mut body = LinkBody {
        link_id: request.reference.as_str(),
        link_amount: amount,
        link_currency: currency.code(),
        link_purpose: &request.purpose,
        customer_details: CustomerDetails {
            contact,
            bank: extras.bank,
        },
        link_partial_payments: request.partial_payments.is_some(),
        link_minimum_partial_amount: minimum,
        link_expiry_time: &expiry,
        link_notify: LinkNotify {
            send_sms: options.notify_payer.sms,
            send_email: options.notify_payer.email,
        },
        link_auto_reminders: options.reminders,
        link_notes: options
            .notes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect(),
        link_meta: LinkMeta {
            notify_url: request.notify_url.as_ref().map(Url::as_str),
            return_url: return_url.or(terms.redirect_url.as_ref()).map(Url::as_str),
            upi_intent: extras.upi_intent,
            payment_methods: methods,
        },
        order_splits: extras.order_splits,
    };
    let content = serde_json::to_vec(&body).map_err(unwritable)?;
    let fingerprint = Fingerprint::of(&content);
    body.link_notes
        .insert(FINGERPRINT_NOTE, fingerprint.as_str());
    let body = serde_json::to_vec(&body).map_err(unwritable)?;

    let prepared = PreparedCheckout::new(
        provider.clone(),
        terms.environment,
        request.reference.clone(),
        request.amount,
        expires_at,
        fingerprint,
        body,
    );
    Ok(prepared.with_customer_fingerprint(Some(Fingerprint::of(&customer))))
}

fn amount(field: &'static str, amount: Money, found: &mut Violations) -> Option<Box<RawValue>> {
    if !amount.is_positive() {
        found.push(field, ViolationCode::TooSmall, "must be greater than zero");
        return None;
    }
    let number = json_number(amount);
    if number.is_none() {
        let message = "must have at most two decimals in this currency's major unit";
        found.push(field, ViolationCode::Invalid, message);
    }
    number
}

fn unofficial_limits(amount: Money, found: &mut Violations) {
    let unit = 10_i64.saturating_pow(u32::from(amount.currency().exponent()));
    let limit = |major: i64| major.saturating_mul(unit);
    if amount.is_positive() && amount.minor_units() < limit(UNOFFICIAL_LEAST) {
        found.push("amount", ViolationCode::TooSmall, "must be at least 1");
    }
    if amount.minor_units() > limit(UNOFFICIAL_MOST) {
        let message = "must be at most 1000000";
        found.push("amount", ViolationCode::TooLarge, message);
    }
}

fn purpose(purpose: &str, found: &mut Violations) {
    if purpose.trim().is_empty() {
        found.push("purpose", ViolationCode::Missing, "is required");
    } else if purpose.chars().count() > MAX_PURPOSE {
        let message = "must have at most 500 characters";
        found.push("purpose", ViolationCode::TooLarge, message);
    }
}

/// Returns the expiry as it is sent: in whole seconds, with the UTC offset.
fn expiry(asked: Timestamp, now: Timestamp, found: &mut Violations) -> Option<(Timestamp, String)> {
    let whole = Timestamp::from_second(asked.as_second()).ok();
    let Some(whole) = whole.filter(|whole| *whole > now) else {
        let message = "must be in the future";
        found.push("expires_at", ViolationCode::TooSmall, message);
        return None;
    };
    Some((whole, whole.to_string()))
}

fn address(
    field: &'static str,
    url: &Url,
    terms: &Terms,
    most: Option<usize>,
    found: &mut Violations,
) {
    if let Some(defect) = url_rules::defect(url, terms.environment) {
        found.push(field, ViolationCode::Invalid, defect);
    }
    if most.is_some_and(|most| url.as_str().len() > most) {
        let message = "must have at most 250 characters when percent-encoded";
        found.push(field, ViolationCode::TooLarge, message);
    }
}

/// Returns the smallest first instalment as it is sent.
fn least(minimum: Money, whole: Money, found: &mut Violations) -> Option<Box<RawValue>> {
    const FIELD: &str = "partial_payments.minimum";
    if minimum.currency() != whole.currency() {
        let message = "must be in the currency of the amount";
        found.push(FIELD, ViolationCode::Invalid, message);
        return None;
    }
    let number = amount(FIELD, minimum, found);
    if minimum.minor_units() >= whole.minor_units() {
        let message = "must be less than the amount";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
    number
}

/// Returns the methods in the gateway's notation; `None` allows all.
fn methods(chosen: &BTreeSet<PaymentMethod>, found: &mut Violations) -> Option<String> {
    let words = chosen.iter().filter_map(|method| {
        let word = match method {
            PaymentMethod::CreditCard => "cc",
            PaymentMethod::DebitCard => "dc",
            PaymentMethod::CorporateCard => "ccc",
            PaymentMethod::PrepaidCard => "ppc",
            PaymentMethod::NetBanking => "nb",
            PaymentMethod::Upi => "upi",
            PaymentMethod::PayPal => "paypal",
            PaymentMethod::Wallet => "app",
            other => {
                let message =
                    format!("must not contain {other}, which the gateway does not support");
                found.push("options.methods", ViolationCode::Unsupported, message);
                return None;
            }
        };
        Some(word)
    });
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join(","))
}

fn notes(notes: &BTreeMap<String, String>, found: &mut Violations) {
    if notes.contains_key(FINGERPRINT_NOTE) {
        let message = "must not use the key `fingerprint`, which is reserved for the provider";
        found.push("options.notes", ViolationCode::Invalid, message);
    } else if notes.len() >= MAX_NOTES {
        let message =
            "must have at most 4 entries; the gateway keeps 5, of which the provider uses one";
        found.push("options.notes", ViolationCode::TooLarge, message);
    }
}

/// Returns the text unless it is blank.
fn known(text: Option<&Pii>) -> Option<&str> {
    text.map(Pii::expose).filter(|text| !text.trim().is_empty())
}

fn unwritable(_: serde_json::Error) -> Violations {
    let message = "cannot be written as JSON";
    let violation = Violation::new("purpose", ViolationCode::Invalid, message);
    Violations::one(violation)
}
