use std::time::Duration;

use payment_provider_core::{
    CheckoutRequest, Customer, Environment, Fingerprint, Money, Personal, PreparedCheckout,
    ViolationCode, Violations,
};
use time::{OffsetDateTime, UtcOffset};

use super::body::CheckoutBody;
use super::builder::Config;

/// Checks a request against all that is declared, and writes the body that is sent.
pub(super) fn preflight(
    request: &CheckoutRequest,
    config: &Config,
    environment: Environment,
) -> Result<PreparedCheckout, Violations> {
    let mut found = Violations::none();
    let descriptor = &config.descriptor;
    let longest = descriptor.limits.reference_length;
    if request.reference.as_str().len() > longest {
        let message = format!("must be at most {longest} characters");
        found.push("reference", ViolationCode::TooLarge, message);
    }
    positive("amount", request.amount, &mut found);
    if !descriptor.currencies.allows(request.amount.currency()) {
        let message = "must be in a currency that the gateway offers";
        found.push("amount", ViolationCode::Unsupported, message);
    }
    if request.purpose.trim().is_empty() {
        found.push("purpose", ViolationCode::Missing, "is required");
    }
    customer(&request.customer, request, config, &mut found);
    life(request.expires_at, config, &mut found);
    instalments(request, &mut found);
    undeclared(request, config, &mut found);
    if let Some(extension) = request.options.extension(&descriptor.id) {
        for (field, _) in extension.fields() {
            let field = format!("extensions.{}.{field}", descriptor.id);
            found.push(
                field,
                ViolationCode::Unknown,
                "is not a field of this provider",
            );
        }
    }

    let expires_at = request.expires_at.checked_to_offset(UtcOffset::UTC);
    let written = expires_at.and_then(|expires_at| {
        let body = serde_json::to_vec(&CheckoutBody::of(request, expires_at)).ok()?;
        Some((expires_at, body))
    });
    if written.is_none() {
        let message = "must be a time that can be written";
        found.push("expires_at", ViolationCode::Invalid, message);
    }
    let Some((expires_at, body)) = written.filter(|_| found.is_empty()) else {
        return Err(found);
    };
    Ok(PreparedCheckout::new(
        descriptor.id.clone(),
        environment,
        request.reference.clone(),
        request.amount,
        expires_at,
        Fingerprint::of(&body),
        body,
    ))
}

/// What must be added before this customer can be asked for money.
pub(super) fn needs(customer: &Customer, config: &Config, found: &mut Violations) {
    if config.phone_required && is_blank(customer.phone.as_ref()) {
        found.push("phone", ViolationCode::Missing, "is required");
    }
}

fn customer(
    customer: &Customer,
    request: &CheckoutRequest,
    config: &Config,
    found: &mut Violations,
) {
    let notify = request.options.notify_payer;
    if (config.phone_required || notify.sms) && is_blank(customer.phone.as_ref()) {
        found.push("customer.phone", ViolationCode::Missing, "is required");
    }
    if notify.email && is_blank(customer.email.as_ref()) {
        found.push("customer.email", ViolationCode::Missing, "is required");
    }
}

fn is_blank(text: Option<&Personal>) -> bool {
    text.is_none_or(|text| text.expose().trim().is_empty())
}

fn positive(field: &'static str, amount: Money, found: &mut Violations) {
    if !amount.is_positive() {
        found.push(field, ViolationCode::TooSmall, "must be more than nothing");
    }
}

fn life(expires_at: OffsetDateTime, config: &Config, found: &mut Violations) {
    const FIELD: &str = "expires_at";
    let now = config.clock.now().unix_timestamp_nanos();
    let left = expires_at.unix_timestamp_nanos().saturating_sub(now);
    let nanoseconds = |limit: Duration| i128::try_from(limit.as_nanos()).unwrap_or(i128::MAX);
    let limits = &config.descriptor.limits;
    if left <= 0 {
        found.push(FIELD, ViolationCode::TooSmall, "must be in the future");
    } else if let Some(least) = limits.shortest_life
        && left < nanoseconds(least)
    {
        let message = format!("must be at least {} seconds from now", least.as_secs());
        found.push(FIELD, ViolationCode::TooSmall, message);
    } else if let Some(most) = limits.longest_life
        && left > nanoseconds(most)
    {
        let message = format!("must be at most {} seconds from now", most.as_secs());
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
}

fn instalments(request: &CheckoutRequest, found: &mut Violations) {
    const FIELD: &str = "partial_payments.minimum";
    let Some(minimum) = request.partial_payments.and_then(|terms| terms.minimum) else {
        return;
    };
    positive(FIELD, minimum, found);
    if minimum.currency() != request.amount.currency() {
        let message = "must be in the currency of the amount";
        found.push(FIELD, ViolationCode::Invalid, message);
    } else if minimum.minor_units() >= request.amount.minor_units() {
        let message = "must be less than the amount";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
}

/// What is asked for and not declared.
fn undeclared(request: &CheckoutRequest, config: &Config, found: &mut Violations) {
    let declared = &config.descriptor.capabilities;
    let options = &request.options;
    let asked = [
        (
            "partial_payments",
            request.partial_payments.is_some(),
            declared.partial_payments,
        ),
        (
            "notify_url",
            request.notify_url.is_some(),
            declared.notify_url,
        ),
        (
            "options.methods",
            !options.methods.is_empty(),
            declared.method_choice,
        ),
        (
            "options.notify_payer",
            options.notify_payer.is_any(),
            declared.payer_notification,
        ),
        ("options.reminders", options.reminders, declared.reminders),
    ];
    for (field, is_asked, is_declared) in asked {
        if is_asked && !is_declared {
            found.push(
                field,
                ViolationCode::Unsupported,
                "is not offered by the gateway",
            );
        }
    }
}
