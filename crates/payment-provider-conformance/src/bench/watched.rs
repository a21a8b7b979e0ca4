use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, ConnectionSettings,
    CreatedCheckout, Customer, CustomerLink, Environment, Payment, PaymentProvider,
    PreparedCheckout, ProviderDescriptor, ProviderError, ProviderFactory, SignedReturns,
    VerifiedWebhook, Violations, WebhookRequest,
};

use crate::case::{Failure, fail};

/// No operation may take longer than this, whatever the gateway does.
pub(crate) const LONGEST: Duration = Duration::from_mins(5);

/// A provider whose panics and endless calls end the case, and not the kit.
#[derive(Clone)]
pub(crate) struct Watched {
    provider: Arc<dyn PaymentProvider>,
}

type Called<T> = Result<Result<T, ProviderError>, Failure>;

impl Watched {
    pub(crate) fn connect(
        factory: &dyn ProviderFactory,
        settings: &ConnectionSettings,
    ) -> Result<Self, Failure> {
        match quietly("connect", || factory.connect(settings))? {
            Ok(provider) => Ok(Self { provider }),
            Err(violations) => fail!("connect refuses the right settings: {violations}"),
        }
    }

    pub(crate) fn try_connect(
        factory: &dyn ProviderFactory,
        settings: &ConnectionSettings,
    ) -> Result<Result<Self, Violations>, Failure> {
        let connected = quietly("connect", || factory.connect(settings))?;
        Ok(connected.map(|provider| Self { provider }))
    }

    /// The provider itself.
    pub(crate) fn bare(&self) -> &Arc<dyn PaymentProvider> {
        &self.provider
    }

    pub(crate) fn descriptor(&self) -> &ProviderDescriptor {
        self.provider.descriptor()
    }

    pub(crate) fn environment(&self) -> Environment {
        self.provider.environment()
    }

    pub(crate) fn signed_returns(&self) -> Result<Option<Arc<dyn SignedReturns>>, Failure> {
        quietly("signed_returns", || self.provider.signed_returns())
    }

    pub(crate) fn preflight(
        &self,
        request: &CheckoutRequest,
    ) -> Result<Result<PreparedCheckout, Violations>, Failure> {
        quietly("prepare_checkout", || {
            self.provider.prepare_checkout(request)
        })
    }

    pub(crate) async fn check(&self) -> Called<ConnectionCheck> {
        watch("check_connection", self.provider.check_connection()).await
    }

    pub(crate) async fn link(&self, customer: &Customer) -> Called<CustomerLink> {
        watch("link_customer", self.provider.link_customer(customer)).await
    }

    pub(crate) async fn create(&self, prepared: &PreparedCheckout) -> Called<CreatedCheckout> {
        watch("create_checkout", self.provider.create_checkout(prepared)).await
    }

    pub(crate) async fn fetch(&self, checkout: &CheckoutLocator) -> Called<Checkout> {
        watch("fetch_checkout", self.provider.fetch_checkout(checkout)).await
    }

    pub(crate) async fn cancel(&self, checkout: &CheckoutLocator) -> Called<Cancellation> {
        watch("cancel_checkout", self.provider.cancel_checkout(checkout)).await
    }

    pub(crate) async fn payments(&self, checkout: &CheckoutLocator) -> Called<Vec<Payment>> {
        watch("list_payments", self.provider.list_payments(checkout)).await
    }

    pub(crate) async fn webhook(&self, request: &WebhookRequest) -> Called<VerifiedWebhook> {
        watch("handle_webhook", self.provider.handle_webhook(request)).await
    }
}

async fn watch<T>(what: &str, call: impl Future<Output = T>) -> Result<T, Failure> {
    let call = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout(LONGEST, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(panic)) => Err(panicked(what, &*panic)),
        Err(_) => fail!(
            "{what} did not come back within {} minutes",
            LONGEST.as_secs() / 60
        ),
    }
}

/// Runs code of the provider's author.
pub(crate) fn quietly<T>(what: &str, call: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| panicked(what, &*panic))
}

fn panicked(what: &str, panic: &(dyn Any + Send)) -> Failure {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Failure::Panicked(format!("in {what}: {message}"))
}
