//! An error can be acted on.

use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::{
    CheckoutLocator, ErrorKind, PreparedCheckout, ProviderError, RetryAdvice, WebhookRequest,
};

use crate::bench::Bench;
use crate::case::{Case, ERRORS, Failure, Verdict, case, ensure, fail};
use crate::subject::{Refusal, Trouble};

pub(super) const CASES: &[Case] = &[case!(
    "retry.errors-are-complete",
    ERRORS,
    [Gateway],
    "an error says who, what was under way, and what to do next",
    errors_are_complete
)];

async fn errors_are_complete(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("complete")?;
    party
        .trouble(Trouble::Refused(Refusal::Credentials))
        .await?;
    if bench.is_http() {
        party.refuse_all(&Refusal::Credentials)?;
    }
    let Err(error) = party.provider.create(&prepared).await? else {
        fail!("a checkout is handed out though the credentials were refused");
    };
    let id = &bench.descriptor().id;
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
        kind == ErrorKind::Authentication,
        "refused credentials are told as {kind:?}: {error}"
    );
    let never = error.retry() == RetryAdvice::Never;
    ensure!(
        never,
        "to repeat with credentials that were refused is advised"
    );
    ensure!(!error.to_string().is_empty(), "the error has no text");
    others_name_themselves(&bench, &prepared).await
}

/// Every other operation fails under its own name.
async fn others_name_themselves(bench: &Bench, prepared: &PreparedCheckout) -> Verdict {
    let party = &bench.first;
    let provider = &party.provider;
    let locator = CheckoutLocator::from(prepared.reference.clone());
    if bench.is_http() {
        party.refuse_all(&Refusal::Unavailable)?;
    }
    let customer = bench.request("complete").customer;
    let errors = [
        ("check_connection", provider.check().await?.err()),
        ("link_customer", provider.link(&customer).await?.err()),
        ("fetch_checkout", provider.fetch(&locator).await?.err()),
        ("list_payments", provider.payments(&locator).await?.err()),
        ("cancel_checkout", provider.cancel(&locator).await?.err()),
        ("handle_webhook", unsigned(bench).await?),
    ];
    for (operation, error) in errors {
        let Some(error) = error else { continue };
        let named = error.operation().as_str();
        ensure!(
            named == operation,
            "an error of {operation} names the operation {named}"
        );
        let (id, named) = (&bench.descriptor().id, error.provider());
        ensure!(
            named == id,
            "an error of {operation} names the provider {named}"
        );
    }
    Ok(())
}

/// What becomes of a delivery that nobody signed.
async fn unsigned(bench: &Bench) -> Result<Option<ProviderError>, Failure> {
    let address = Bench::unused_address()?;
    let request = WebhookRequest::post(address, HeaderMap::new(), "{}", bench.clock.at());
    Ok(bench.first.provider.webhook(&request).await?.err())
}
