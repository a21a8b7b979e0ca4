//! What a case works with: a provider connected to a gateway, time that only the kit moves, and the
//! means to make trouble.

mod clock;
mod party;
mod polled;
mod trouble;
mod watched;

pub(crate) use clock::KitClock;
pub(crate) use party::{Party, doubled, half, rest};
pub(crate) use polled::polled_at_most;
pub(crate) use watched::{LONGEST, Watched, quietly};

use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Currency, CurrencySupport, Money, PreparedCheckout,
    ProviderDescriptor, ProviderFactory,
};

use crate::case::{Failure, fail};
use crate::subject::{Account, ProviderUnderTest, Transport};
use crate::wire::WireGateway;

/// One case's provider and gateway.
pub(crate) struct Bench {
    pub(crate) subject: Box<dyn ProviderUnderTest>,
    pub(crate) clock: Arc<KitClock>,
    pub(crate) factory: Arc<dyn ProviderFactory>,
    /// The first account, connected.
    pub(crate) first: Party,
}

impl Bench {
    pub(crate) async fn start(subject: Box<dyn ProviderUnderTest>) -> Result<Self, Failure> {
        let clock = Arc::new(KitClock::new());
        let factory = watched::quietly("factory", || subject.factory(clock.clone()))?;
        let account = Account::new(0, [0]);
        let first = Party::open(&*subject, &*factory, &clock, account).await?;
        Ok(Self {
            subject,
            clock,
            factory,
            first,
        })
    }

    /// Another account, at a server of its own.
    pub(crate) async fn open(&self, account: Account) -> Result<Party, Failure> {
        Party::open(&*self.subject, &*self.factory, &self.clock, account).await
    }

    /// The first account again, at the same gateway, with these secrets.
    pub(crate) fn reconnect(&self, generations: &[u32]) -> Result<Watched, Failure> {
        let account = Account::new(0, generations.iter().copied());
        let settings = self.subject.settings(&account, self.first.address());
        Watched::connect(&*self.factory, &settings)
    }

    pub(crate) fn descriptor(&self) -> &ProviderDescriptor {
        self.factory.descriptor()
    }

    pub(crate) fn is_http(&self) -> bool {
        self.subject.transport() == Transport::Http
    }

    /// The currency of the cases that are not about currencies.
    pub(crate) fn currency(&self) -> Currency {
        match &self.descriptor().currencies {
            CurrencySupport::Only(list) => list.first().copied().unwrap_or(Currency::INR),
            _ => Currency::INR,
        }
    }

    /// An amount of that currency, large enough for any gateway and not round: 2 500.12, say. Of
    /// currencies with three decimals some gateways take whole hundredths only.
    pub(crate) fn amount(&self) -> Money {
        let currency = self.currency();
        let unit = 10_i64.pow(u32::from(currency.exponent()));
        let odd = match currency.exponent() {
            0 => 7,
            2 => 12,
            _ => 120,
        };
        Money::from_minor_units(2_500 * unit + odd, currency)
    }

    /// When checkouts of this case end: as near to a day from now as the gateway allows.
    pub(crate) fn expires_at(&self) -> OffsetDateTime {
        let limits = &self.descriptor().limits;
        let day = Duration::from_hours(24);
        let life = day
            .min(limits.longest_life.unwrap_or(day))
            .max(limits.shortest_life.unwrap_or_default());
        self.clock.at() + life
    }

    /// A reference that no other checkout of this case has.
    pub(crate) fn reference(name: &str) -> CheckoutReference {
        let text = format!("kit-{name}");
        CheckoutReference::new(text).unwrap_or_else(|_| unreachable!("names of cases are short"))
    }

    /// An ordinary request.
    pub(crate) fn request(&self, name: &str) -> CheckoutRequest {
        self.request_of(name, self.amount())
    }

    /// An ordinary request for this amount.
    pub(crate) fn request_of(&self, name: &str, amount: Money) -> CheckoutRequest {
        self.subject
            .request(Self::reference(name), amount, self.expires_at())
    }

    /// An ordinary request, prepared.
    pub(crate) fn prepared(&self, name: &str) -> Result<PreparedCheckout, Failure> {
        self.first.prepare(&self.request(name))
    }

    /// An address that nothing is ever sent to.
    pub(crate) fn unused_address() -> Result<Url, Failure> {
        match "http://127.0.0.1:9/".parse() {
            Ok(url) => Ok(url),
            Err(error) => fail!("{error}"),
        }
    }
}

/// A server for one account's gateway.
pub(crate) type Server = WireGateway;
