//! The connection check: tests the credentials and compares the clocks.

use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutReference, Clock, ConnectionCheck, CredentialCheck, Effect, Environment, Operation,
    ProviderErrorKind,
};
use uuid::Uuid;

use crate::config::CashfreeConfig;
use crate::links;
use crate::transport::{
    CallError, CallErrorExt, Deadline, GatewayClient, Request, Route, WrongAddress,
};

/// Smallest difference between the clocks that the check reports.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Fetches a link that cannot exist.
///
/// Only a caller with valid credentials gets the API's own "this link is not found". A success
/// counts only if it describes exactly that link.
pub(crate) async fn check(
    gateway: &GatewayClient,
    environment: Environment,
    config: &CashfreeConfig,
) -> Result<ConnectionCheck, CallError> {
    let deadline = Deadline::after(config.http.operation_deadline());
    let link_id = format!("check-{}", Uuid::new_v4().simple());
    let reference = CheckoutReference::new(link_id).map_err(|unfit| {
        CallError::new(ProviderErrorKind::InvalidRequest, Effect::NotSent).with_source(unfit)
    })?;
    let route = Route::FetchLink(reference.as_str());
    let call = Request::new(Operation::CheckConnection, route);
    let mut retry = gateway.retry_policy(deadline);
    let (credentials, date) = loop {
        let error = match gateway.send(&call, &retry).await {
            Ok(response) => match links::expect_link(&response, &reference, environment) {
                Ok(()) => break (CredentialCheck::Accepted, response.meta.date),
                Err(what) => response.unreadable(what),
            },
            Err(error) => error,
        };
        let date = error.meta.as_ref().and_then(|meta| meta.date);
        match error.kind {
            ProviderErrorKind::NotFound => break (CredentialCheck::Accepted, date),
            ProviderErrorKind::Authentication => break (CredentialCheck::Rejected, date),
            _ if retry.next_attempt_after(&error).await => {}
            _ if error.may_be_a_wrong_address() => return Err(error.with_source(WrongAddress)),
            _ => return Err(error),
        }
    };
    let skew = date.map(|date| whole_seconds(date, config.clock.as_ref()));

    let mut check = ConnectionCheck::new(credentials, environment);
    check.clock_skew = skew;
    if credentials == CredentialCheck::Rejected {
        check.next_steps.push(rejected(environment));
    }
    if let Some(skew) = skew.filter(|skew| skew.abs() >= NOTABLE_SKEW) {
        check.next_steps.push(skewed(skew, config));
    }
    Ok(check)
}

fn whole_seconds(gateway: Timestamp, clock: &dyn Clock) -> SignedDuration {
    SignedDuration::from_secs(gateway.as_second() - clock.now().as_second())
}

fn rejected(environment: Environment) -> String {
    let other = match environment {
        Environment::Sandbox => Environment::Production,
        Environment::Production => Environment::Sandbox,
    };
    format!(
        "Cashfree rejected the client ID and secret in {environment}. Copy both again from the \
         {environment} dashboard, Developers > API Keys; keys of {other} are not valid here."
    )
}

fn skewed(skew: SignedDuration, config: &CashfreeConfig) -> String {
    let seconds = skew.as_secs().unsigned_abs();
    let direction = if skew.is_positive() {
        "behind"
    } else {
        "ahead of"
    };
    // If this machine's clock is behind, deliveries appear to come from the future.
    let window = if skew.is_positive() {
        config.webhook_future
    } else {
        config.webhook_past
    };
    let consequence = if seconds > window.as_secs() {
        " Until then, no webhook counts as fresh, and each one costs a fetch."
    } else {
        ""
    };
    format!(
        "This machine's clock is {seconds} seconds {direction} Cashfree's: correct it.{consequence}"
    )
}
