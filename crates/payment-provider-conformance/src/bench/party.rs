use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::secrecy::{ExposeSecret, SecretString};
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutReference, CheckoutRequest,
    ConnectionSettings, CreatedCheckout, Money, Payment, PaymentId, PreparedCheckout,
    ProviderFactory, SettingValue, VerifiedWebhook, WebhookRequest,
};

use super::{Bench, KitClock, Server, Watched};
use crate::case::{Failure, ensure, fail};
use crate::subject::{Account, Delivery, Gateway, News, ProviderUnderTest, Stamp, Transport};
use crate::wire::RecordedRequest;

/// One account: its gateway, the server that stands for it, and the provider connected to it.
pub(crate) struct Party {
    pub(crate) account: Account,
    pub(crate) gateway: Arc<dyn Gateway>,
    pub(crate) settings: ConnectionSettings,
    pub(crate) provider: Watched,
    pub(crate) server: Server,
    address: Url,
    pub(super) transport: Transport,
}

impl Party {
    pub(super) async fn open(
        subject: &dyn ProviderUnderTest,
        factory: &dyn ProviderFactory,
        clock: &Arc<KitClock>,
        account: Account,
    ) -> Result<Self, Failure> {
        let gateway = subject.gateway(&account, Arc::clone(clock) as _);
        let answers = Arc::clone(&gateway);
        let started = Server::start(move |request| {
            let gateway = Arc::clone(&answers);
            async move { gateway.answer(request).await }
        });
        let server = match started.await {
            Ok(server) => server,
            Err(error) => fail!("no server for the gateway: {error}"),
        };
        let address = server.address();
        let settings = subject.settings(&account, &address);
        let provider = Watched::connect(factory, &settings)?;
        Ok(Self {
            account,
            gateway,
            settings,
            provider,
            server,
            address,
            transport: subject.transport(),
        })
    }

    pub(crate) fn address(&self) -> &Url {
        &self.address
    }

    /// Prepares a request that has to be accepted.
    pub(crate) fn prepare(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Failure> {
        match self.provider.preflight(request)? {
            Ok(prepared) => Ok(prepared),
            Err(violations) => fail!("preflight refuses an ordinary request: {violations}"),
        }
    }

    /// Makes a checkout that has to be made.
    pub(crate) async fn make(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, Failure> {
        match self.provider.create(prepared).await? {
            Ok(created) => Ok(created),
            Err(error) => fail!("create_checkout fails at a healthy gateway: {error}"),
        }
    }

    pub(crate) async fn look(&self, checkout: &CheckoutLocator) -> Result<Checkout, Failure> {
        match self.provider.fetch(checkout).await? {
            Ok(checkout) => Ok(checkout),
            Err(error) => fail!("fetch_checkout fails at a healthy gateway: {error}"),
        }
    }

    pub(crate) async fn list(&self, checkout: &CheckoutLocator) -> Result<Vec<Payment>, Failure> {
        match self.provider.payments(checkout).await? {
            Ok(payments) => Ok(payments),
            Err(error) => fail!("list_payments fails at a healthy gateway: {error}"),
        }
    }

    pub(crate) async fn end(&self, checkout: &CheckoutLocator) -> Result<Cancellation, Failure> {
        match self.provider.cancel(checkout).await? {
            Ok(cancellation) => Ok(cancellation),
            Err(error) => fail!("cancel_checkout fails at a healthy gateway: {error}"),
        }
    }

    /// Everything the gateway was asked.
    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.server.requests()
    }

    /// How often the gateway was called so far: requests and connections. What was begun without
    /// anybody waiting for it has arrived by then.
    pub(crate) async fn calls(&self) -> u64 {
        const A_WHILE: Duration = Duration::from_secs(1);
        for _ in 0..3 {
            tokio::time::sleep(A_WHILE).await;
        }
        self.server.connections() + self.requests().len() as u64
    }

    /// Nothing may have been sent since there were so many calls.
    pub(crate) async fn quiet_since(&self, calls: u64, what: &str) -> Result<(), Failure> {
        let more = self.calls().await - calls;
        ensure!(
            more == 0,
            "{what}: the gateway was called (connections and requests: {more}), nothing may be sent"
        );
        Ok(())
    }

    /// The requests that ask for a checkout to be made.
    pub(crate) fn creations(&self) -> Result<Vec<RecordedRequest>, Failure> {
        let mut creations = Vec::new();
        for request in self.requests() {
            if self.gateway.is_creation(&request)? {
                creations.push(request);
            }
        }
        Ok(creations)
    }

    /// There has to be exactly one checkout under this reference.
    pub(crate) async fn only_one(&self, reference: &CheckoutReference) -> Result<(), Failure> {
        let count = self.gateway.count(reference).await?;
        ensure!(
            count == 1,
            "the gateway has {count} checkouts under one reference"
        );
        Ok(())
    }

    /// Makes a checkout for this amount and lets it be paid.
    pub(crate) async fn paid(
        &self,
        bench: &Bench,
        name: &str,
    ) -> Result<(CheckoutLocator, PaymentId), Failure> {
        let amount = bench.amount();
        let prepared = self.prepare(&bench.request_of(name, amount))?;
        let made = self.make(&prepared).await?;
        let id = self.gateway.pay(&prepared.reference, amount).await?;
        Ok((made.checkout().locator(), id))
    }

    /// The deliveries that tell this.
    pub(crate) async fn told(&self, news: &News) -> Result<Vec<Delivery>, Failure> {
        let deliveries = self.gateway.tell(news).await?;
        ensure!(
            !deliveries.is_empty(),
            "Gateway::tell gives no delivery for {news:?}"
        );
        Ok(deliveries)
    }

    /// A delivery as it arrives: signed with the secret in use, now.
    pub(crate) fn signed(
        &self,
        bench: &Bench,
        delivery: &Delivery,
    ) -> Result<WebhookRequest, Failure> {
        let sent_at = Stamp::At(bench.clock.at());
        self.signed_with(bench, delivery, self.account.secret(), &sent_at)
    }

    pub(crate) fn signed_with(
        &self,
        bench: &Bench,
        delivery: &Delivery,
        secret: &SecretString,
        sent_at: &Stamp,
    ) -> Result<WebhookRequest, Failure> {
        let mut headers = delivery.headers.clone();
        headers.extend(self.signature(delivery, secret, sent_at)?);
        let body = delivery.body.clone();
        let url = webhook_address();
        Ok(WebhookRequest::post(url, headers, body, bench.clock.at()))
    }

    /// The headers that sign a delivery.
    pub(crate) fn signature(
        &self,
        delivery: &Delivery,
        secret: &SecretString,
        sent_at: &Stamp,
    ) -> Result<HeaderMap, Failure> {
        let headers = self.gateway.sign(&delivery.body, secret, sent_at)?;
        ensure!(!headers.is_empty(), "Gateway::sign gives no header");
        Ok(headers)
    }

    /// Takes in a delivery that has to be accepted.
    pub(crate) async fn accept(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, Failure> {
        match self.provider.webhook(request).await? {
            Ok(verified) => Ok(verified),
            Err(error) => fail!("a delivery that is signed rightly is refused: {error}"),
        }
    }

    /// Every value of the settings that is a secret, in the forms in which it could be seen.
    pub(crate) fn secret_texts(&self, bench: &Bench) -> Vec<String> {
        let mut texts = Vec::new();
        for (name, value) in &self.settings {
            let field = bench.descriptor().settings.field(name);
            if field.is_some_and(payment_provider_core::SettingField::is_secret) {
                match value {
                    SettingValue::Text(secret) => texts.push(secret.expose_secret().to_owned()),
                    SettingValue::List(secrets) => {
                        let each = secrets
                            .iter()
                            .map(|secret| secret.expose_secret().to_owned());
                        texts.extend(each);
                    }
                    _ => {}
                }
            }
        }
        texts
    }
}

/// A half of this amount, rounded down to what every currency can do.
pub(crate) fn half(amount: Money) -> Money {
    let half = amount.minor_units() / 2;
    Money::from_minor_units(half - half % 10, amount.currency())
}

/// What is left of it after this part.
pub(crate) fn rest(amount: Money, part: Money) -> Money {
    let rest = amount.minor_units() - part.minor_units();
    Money::from_minor_units(rest, amount.currency())
}

/// Twice this amount.
pub(crate) fn doubled(amount: Money) -> Money {
    Money::from_minor_units(amount.minor_units() * 2, amount.currency())
}

fn webhook_address() -> Url {
    "https://host.example/webhooks/acme/main"
        .parse()
        .unwrap_or_else(|_| unreachable!("an address"))
}
