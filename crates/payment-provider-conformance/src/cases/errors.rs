//! Errors name their provider and operation, and advise when to retry.

use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::{
    CheckoutLocator, PreparedCheckout, ProviderError, ProviderErrorKind, RetryAdvice,
    WebhookRequest,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::{GatewayRefusal, InjectedFault};

pub(super) const CASES: &[Case] = &[case!(
    "retry.errors-are-complete",
    contract::ERRORS,
    [Gateway],
    "an error names its provider and operation, and advises when to retry",
    errors_are_complete
)];

async fn errors_are_complete(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("complete")?;
    account
        .inject_fault(InjectedFault::Refused(GatewayRefusal::Credentials))
        .await?;
    if fixture.is_http() {
        account.refuse_all(&GatewayRefusal::Credentials)?;
    }
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("a checkout is returned although the credentials were refused");
    };
    let id = &fixture.descriptor().id;
    ensure!(
        error.provider() == id,
        "the error names the provider {}",
        error.provider()
    );
    let operation = error.operation().as_str();
    ensure!(
        operation == "create_checkout",
        "the error names the operation {operation}"
    );
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::Authentication,
        "refused credentials are reported as {kind:?}: {error}"
    );
    let never = error.retry() == RetryAdvice::Never;
    ensure!(
        never,
        "the error advises a retry although the credentials were refused"
    );
    ensure!(!error.to_string().is_empty(), "the error has no text");
    others_name_themselves(&fixture, &prepared).await
}

/// Checks that the errors of all other operations name their operation and provider.
async fn others_name_themselves(fixture: &Fixture, prepared: &PreparedCheckout) -> CaseResult {
    let account = &fixture.first;
    let provider = &account.provider;
    let locator = CheckoutLocator::from(prepared.reference.clone());
    if fixture.is_http() {
        account.refuse_all(&GatewayRefusal::Unavailable)?;
    }
    let customer = fixture.request("complete").customer;
    let errors = [
        ("check_connection", provider.check().await?.err()),
        ("link_customer", provider.link(&customer).await?.err()),
        ("fetch_checkout", provider.fetch(&locator).await?.err()),
        ("list_payments", provider.list(&locator).await?.err()),
        ("cancel_checkout", provider.cancel(&locator).await?.err()),
        ("handle_webhook", unsigned(fixture).await?),
    ];
    for (operation, error) in errors {
        let Some(error) = error else { continue };
        let named = error.operation().as_str();
        ensure!(
            named == operation,
            "an error of {operation} names the operation {named}"
        );
        let (id, named) = (&fixture.descriptor().id, error.provider());
        ensure!(
            named == id,
            "an error of {operation} names the provider {named}"
        );
    }
    Ok(())
}

/// Handles an unsigned delivery, and returns the error.
async fn unsigned(fixture: &Fixture) -> Result<Option<ProviderError>, CaseFailure> {
    let address = Fixture::unused_address()?;
    let request = WebhookRequest::post(address, HeaderMap::new(), "{}", fixture.clock.now());
    Ok(fixture.first.provider.webhook(&request).await?.err())
}
