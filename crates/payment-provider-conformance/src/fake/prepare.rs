use payment_provider_core::{
    CheckoutRequest, Customer, Environment, Fingerprint, Pii, PreparedCheckout, ViolationCode,
    Violations,
};

use super::body::CheckoutBody;
use super::config::Config;

/// Checks a request against the descriptor, and creates the body that is sent.
pub(super) fn prepare(
    request: &CheckoutRequest,
    config: &Config,
    environment: Environment,
) -> Result<PreparedCheckout, Violations> {
    let descriptor = &config.descriptor;
    let mut found = descriptor.check_request(request, config.clock.now());
    if request.purpose.trim().is_empty() {
        found.push("purpose", ViolationCode::Missing, "is required");
    }
    customer(&request.customer, request, config, &mut found);
    partial_payments(request, &mut found);
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

    let written = serde_json::to_vec(&CheckoutBody::of(request)).ok();
    let Some(body) = written.filter(|_| found.is_empty()) else {
        return Err(found);
    };
    Ok(PreparedCheckout::new(
        descriptor.id.clone(),
        environment,
        request.reference.clone(),
        request.amount,
        request.expires_at,
        Fingerprint::of(&body),
        body,
    ))
}

/// Adds a violation for each field that a checkout needs from this customer.
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

fn is_blank(text: Option<&Pii>) -> bool {
    text.is_none_or(|text| text.expose().trim().is_empty())
}

fn partial_payments(request: &CheckoutRequest, found: &mut Violations) {
    const FIELD: &str = "partial_payments.minimum";
    let Some(minimum) = request.partial_payments.and_then(|terms| terms.minimum) else {
        return;
    };
    if !minimum.is_positive() {
        found.push(FIELD, ViolationCode::TooSmall, "must be positive");
    }
    if minimum.currency() != request.amount.currency() {
        let message = "must be in the currency of the amount";
        found.push(FIELD, ViolationCode::Invalid, message);
    } else if minimum.minor_units() >= request.amount.minor_units() {
        let message = "must be less than the amount";
        found.push(FIELD, ViolationCode::TooLarge, message);
    }
}
