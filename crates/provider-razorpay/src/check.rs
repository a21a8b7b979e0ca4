//! The connection check: tests the credentials and compares the clocks.

use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    Clock, ConnectionCheck, CredentialCheck, Environment, Operation, ProviderErrorKind,
};
use payment_provider_http::{CallError, Deadline, GatewayClient, Request};

use crate::config::RazorpayConfig;
use crate::links;
use crate::routes::Razorpay;

/// Smallest difference between the clocks that the check reports.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Lists one payment link, any one. A list of links proves the credentials, and that payment links
/// are enabled for the account.
pub(crate) async fn check(
    gateway: &GatewayClient,
    environment: Environment,
    config: &RazorpayConfig,
) -> Result<ConnectionCheck, CallError> {
    let deadline = Deadline::after(config.http.operation_deadline());
    let call =
        Request::new(Operation::CheckConnection, Razorpay::ListLinks).with_query("count", "1");
    let mut retry = gateway.retry_policy(deadline);
    let mut refused_before = false;
    let (credentials, date) = loop {
        let error = match gateway.send(&call, &retry).await {
            Ok(response) => match links::entities(&response.body) {
                Ok(_) => break (CredentialCheck::Accepted, response.meta.date),
                Err(what) => response.unreadable(what),
            },
            Err(error) => error,
        };
        if error.kind == ProviderErrorKind::Authentication {
            // Valid credentials have been refused once among many calls, so a single refusal does
            // not count.
            if refused_before || !retry.next_attempt(None).await {
                break (
                    CredentialCheck::Rejected,
                    error.meta.and_then(|meta| meta.date),
                );
            }
            refused_before = true;
        } else if !retry.next_attempt_after(&error).await {
            let elsewhere =
                error.kind == ProviderErrorKind::UnreadableAnswer && error.meta.is_some();
            return Err(if elsewhere {
                error.with_source(WrongAddress)
            } else {
                error
            });
        }
    };
    let skew = date.map(|date| whole_seconds(date, config.clock.as_ref()));

    let mut check = ConnectionCheck::new(credentials, environment);
    check.clock_skew = skew;
    if credentials == CredentialCheck::Rejected {
        check.next_steps.push(rejected(environment));
    }
    if let Some(skew) = skew.filter(|skew| skew.abs() >= NOTABLE_SKEW) {
        check.next_steps.push(skewed(skew));
    }
    Ok(check)
}

/// The error for a response that does not come from Razorpay's API.
#[derive(Debug, thiserror::Error)]
#[error("the response does not come from Razorpay's API; check the setting `base_url`")]
struct WrongAddress;

fn whole_seconds(gateway: Timestamp, clock: &dyn Clock) -> SignedDuration {
    SignedDuration::from_secs(gateway.as_second() - clock.now().as_second())
}

fn rejected(environment: Environment) -> String {
    format!(
        "Razorpay rejected the key ID and secret in {environment}. Copy the key ID again from the dashboard, \
         Account & Settings > API Keys. A secret is shown only once: generate a new one if necessary, which \
         invalidates the old one."
    )
}

fn skewed(skew: SignedDuration) -> String {
    let seconds = skew.as_secs().unsigned_abs();
    let direction = if skew.is_positive() {
        "behind"
    } else {
        "ahead of"
    };
    format!(
        "This machine's clock is {seconds} seconds {direction} Razorpay's: correct it. The expiry of a link is an \
         absolute time, and Razorpay refuses one that is less than 15 minutes away by its own clock."
    )
}
