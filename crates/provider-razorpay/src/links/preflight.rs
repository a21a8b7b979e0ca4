use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    CheckoutOptions, CheckoutRequest, Fingerprint, Money, PreparedCheckout, ProviderDescriptor,
    ProviderId, Violation, ViolationCode, Violations,
};
use payment_provider_http::url_rules;
use url::Url;

use super::FINGERPRINT_NOTE;
use super::currency;
use super::request::{LinkBody, LinkCallback, LinkCustomer, LinkNotify};
use crate::customers::{Details, Names};
use crate::settings::Terms;

/// Limits from <https://razorpay.com/docs/api/payments/payment-links/create-standard/>.
pub(crate) const MAX_REFERENCE: usize = 40;
const MAX_DESCRIPTION: usize = 2048;
const MAX_NOTES: usize = 15;
/// The documentation says 256, the API's refusal says 255.
const MAX_NOTE: usize = 255;

/// Shortest life of a link. Razorpay requires 15 minutes from the moment at which it reads the
/// request; one more minute covers the transfer and repetitions of the request.
pub(crate) const SHORTEST_LIFE: Duration = Duration::from_mins(16);

/// Longest life of a link: six months, counted as 180 days so that no way of counting exceeds it.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_hours(180 * 24);

/// Checks a request against every limit that is known without a call, and writes the request body.
pub(crate) fn preflight(
    request: &CheckoutRequest,
    terms: &Terms,
    descriptor: &ProviderDescriptor,
    now: Timestamp,
) -> Result<PreparedCheckout, Violations> {
    let mut found = descriptor.check_request(request, now);
    currency::check("amount", request.amount, &mut found);
    description(&request.purpose, &mut found);
    let details = Details::read(&request.customer, terms, Names::OF_REQUEST, &mut found);
    if let Some(url) = &request.return_url
        && let Some(defect) = url_rules::defect(url, terms.environment)
    {
        found.push("return_url", ViolationCode::Invalid, defect);
    }
    let minimum = request.partial_payments.and_then(|terms| terms.minimum);
    if let Some(minimum) = minimum {
        least(minimum, request.amount, &mut found);
    }
    options(&request.options, &details, &descriptor.id, &mut found);
    let expiry = whole_seconds(request.expires_at);
    let (Some(expires_at), true) = (expiry, found.is_empty()) else {
        return Err(found);
    };

    let currency = request.amount.currency();
    let callback = request.return_url.as_ref().or(terms.return_url.as_ref());
    let options = &request.options;
    let customer = LinkCustomer {
        name: details.name(),
        email: details.email(),
        contact: details.contact(),
    };
    let customer_fingerprint = customer_fingerprint(request.customer.id.as_str(), &customer)?;
    let mut body = LinkBody {
        amount: request.amount.minor_units(),
        currency: currency.code(),
        accept_partial: request.partial_payments.is_some(),
        first_min_partial_amount: minimum.map(Money::minor_units),
        expire_by: expires_at.as_second(),
        reference_id: request.reference.as_str(),
        description: Some(request.purpose.as_str()).filter(|text| !text.trim().is_empty()),
        customer,
        notify: LinkNotify {
            sms: options.notify_payer.sms,
            email: options.notify_payer.email,
        },
        reminder_enable: options.reminders,
        notes: options
            .notes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect(),
        callback: callback.map(Url::as_str).map(|callback_url| LinkCallback {
            callback_url,
            callback_method: "get",
        }),
    };
    let content = serde_json::to_vec(&body).map_err(unwritable)?;
    let fingerprint = Fingerprint::of(&content);
    body.notes.insert(FINGERPRINT_NOTE, fingerprint.as_str());
    let body = serde_json::to_vec(&body).map_err(unwritable)?;

    let prepared = PreparedCheckout::new(
        descriptor.id.clone(),
        terms.environment,
        request.reference.clone(),
        request.amount,
        expires_at,
        fingerprint,
        body,
    );
    Ok(prepared.with_customer_fingerprint(Some(customer_fingerprint)))
}

/// Returns the digest of the customer as it is sent, which may be without any detail. The customer's
/// id is part of it, so that a phone number alone cannot be found by trying.
fn customer_fingerprint(id: &str, customer: &LinkCustomer<'_>) -> Result<Fingerprint, Violations> {
    let sent = serde_json::to_vec(&(id, customer)).map_err(unwritable)?;
    Ok(Fingerprint::of(&sent))
}

fn description(purpose: &str, found: &mut Violations) {
    if purpose.chars().count() > MAX_DESCRIPTION {
        let message = "must have at most 2048 characters";
        found.push("purpose", ViolationCode::TooLarge, message);
    }
}

/// Returns the expiry as it is sent, in whole seconds.
fn whole_seconds(asked: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second(asked.as_second()).ok()
}

/// Checks the smallest first instalment.
fn least(minimum: Money, whole: Money, found: &mut Violations) {
    const FIELD: &str = "partial_payments.minimum";
    if minimum.currency() != whole.currency() {
        let message = "must be in the currency of the amount";
        found.push(FIELD, ViolationCode::Invalid, message);
        return;
    }
    if !minimum.is_positive() {
        found.push(FIELD, ViolationCode::TooSmall, "must be greater than zero");
    }
    currency::check(FIELD, minimum, found);
    if minimum.minor_units() > whole.minor_units() {
        let message = "must be at most the amount";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
}

fn options(
    options: &CheckoutOptions,
    details: &Details<'_>,
    provider: &ProviderId,
    found: &mut Violations,
) {
    if options.notify_payer.sms && details.contact().is_none() && !found.names("customer.phone") {
        let message = "is required to notify the payer by text message";
        found.push("customer.phone", ViolationCode::Missing, message);
    }
    if options.notify_payer.email && details.email().is_none() && !found.names("customer.email") {
        let message = "is required to notify the payer by e-mail";
        found.push("customer.email", ViolationCode::Missing, message);
    }
    notes(&options.notes, found);
    if let Some(extension) = options.extension(provider) {
        for (field, _) in extension.fields() {
            let field = format!("extensions.{provider}.{}", plain(field));
            found.push(field, ViolationCode::Unknown, "is not a supported field");
        }
    }
}

fn notes(notes: &BTreeMap<String, String>, found: &mut Violations) {
    const FIELD: &str = "options.notes";
    if notes.contains_key(FINGERPRINT_NOTE) {
        let message = "must not use the key `fingerprint`, which is reserved for the provider";
        found.push(FIELD, ViolationCode::Invalid, message);
    } else if notes.len() >= MAX_NOTES {
        let message =
            "must have at most 14 entries; the gateway keeps 15, of which the provider uses one";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
    if notes.values().any(|note| note.chars().count() > MAX_NOTE) {
        let message = "must have at most 255 characters each";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
}

/// Returns the name if it has the form of a field name; any other text might be data.
fn plain(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    if name.len() <= 64 && name.bytes().all(is_plain) {
        name
    } else {
        "(unknown field)"
    }
}

fn unwritable(_: serde_json::Error) -> Violations {
    let message = "cannot be written as JSON";
    Violations::one(Violation::new("purpose", ViolationCode::Invalid, message))
}
