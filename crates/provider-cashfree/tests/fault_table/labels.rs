//! Short labels for the result of an operation.

use payment_provider_core::{
    Cancellation, Checkout, ConnectionCheck, CreatedCheckout, CredentialCheck, CustomerLink,
    Effect, Payment, ProviderError, Refund, RetryAdvice,
};

pub(crate) fn checked(check: &ConnectionCheck) -> String {
    let label = match check.credentials {
        CredentialCheck::Accepted => "accepted",
        CredentialCheck::Rejected => "rejected",
    };
    label.to_owned()
}

pub(crate) fn linked(link: &CustomerLink) -> String {
    let label = if link.needs.is_empty() {
        "linked"
    } else {
        "in_need"
    };
    label.to_owned()
}

pub(crate) fn created(created: &CreatedCheckout) -> String {
    let (label, checkout) = match created {
        CreatedCheckout::Created(checkout) => ("created", checkout),
        CreatedCheckout::Adopted(checkout) => ("adopted", checkout),
    };
    format!("{label}:{}", checkout.status)
}

pub(crate) fn fetched(checkout: &Checkout) -> String {
    format!("fetched:{}", checkout.status)
}

pub(crate) fn cancelled(cancellation: &Cancellation) -> String {
    let (label, checkout) = match cancellation {
        Cancellation::Cancelled(checkout) => ("cancelled", checkout),
        Cancellation::AlreadyEnded(checkout) => ("already_ended", checkout),
        Cancellation::StillPayable(checkout) => ("still_payable", checkout),
    };
    format!("{label}:{}", checkout.status)
}

pub(crate) fn listed(payments: &[Payment]) -> String {
    let mut statuses: Vec<_> = payments
        .iter()
        .map(|payment| payment.status.as_str())
        .collect();
    statuses.sort_unstable();
    format!("listed:{}", statuses.join("+"))
}

pub(crate) fn refunded(refunds: &[Refund]) -> String {
    let statuses: Vec<_> = refunds
        .iter()
        .map(|refund| refund.status.as_str())
        .collect();
    format!("refunded:{}", statuses.join("+"))
}

/// Formats an error as `kind(differences)/effect/retry advice`.
pub(crate) fn error(error: &ProviderError) -> String {
    let fields: Vec<&str> = error
        .differences()
        .iter()
        .map(|d| d.field.as_ref())
        .collect();
    let differences = if fields.is_empty() {
        String::new()
    } else {
        format!("({})", fields.join("+"))
    };
    let effect = match error.effect() {
        Effect::NotSent => "not_sent",
        Effect::Rejected => "rejected",
        Effect::MaybeApplied => "maybe_applied",
    };
    let retry = match error.retry() {
        RetryAdvice::Never => "never".to_owned(),
        RetryAdvice::Now => "now".to_owned(),
        RetryAdvice::After(wait) => format!("{}s", wait.as_secs()),
    };
    format!("{}{differences}/{effect}/{retry}", error.kind().as_str())
}
