//! A runtime on a fresh database, with one connected account and one customer.

use std::time::Duration;

use super::store::{Place, wait_for_workers};
use super::{Gateway, ManualClock, MemoryFactory, delivery};
use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::HostBuilder;
use payment_provider_host::encryption::DecryptError;
use payment_provider_host::inbox::{Delivery, DeliveryState, Receipt};
use payment_provider_host::payable::PayableView;
use payment_provider_host::prelude::*;

pub struct Bench {
    pub gateway: Gateway,
    pub clock: ManualClock,
    pub host: Host,
    pub place: Place,
}

pub fn organization() -> OrganizationId {
    OrganizationId::new("org").unwrap()
}

/// A connection of the organization by its code; the bench adds `main`.
pub fn connection(code: &str) -> ConnectionRef {
    connection_of(&organization(), code)
}

pub fn provider() -> ProviderId {
    ProviderId::new("memory").unwrap()
}

pub fn customer() -> CustomerId {
    CustomerId::new("customer").unwrap()
}

pub fn invoice(id: &str, amount: &str) -> Payable {
    let amount = Money::from_decimal(amount, Currency::INR).unwrap();
    Payable::new(
        organization(),
        PayableId::new(id).unwrap(),
        amount,
        "Invoice",
        customer(),
    )
}

/// The customer, with a phone number.
pub fn payer() -> Customer {
    Customer::new(customer()).with_phone("9000000000")
}

/// A connection of any organization by its code.
pub fn connection_of(organization: &OrganizationId, code: &str) -> ConnectionRef {
    ConnectionRef::new(organization.clone(), ConnectionCode::new(code).unwrap())
}

/// The fields that an error names as invalid.
pub fn invalid_fields(error: &Error) -> Vec<String> {
    let ErrorKind::Invalid(violations) = error.kind() else {
        panic!("{error:?}");
    };
    violations.iter().map(|one| one.field.to_string()).collect()
}

/// The reason for which stored secrets do not decrypt.
pub fn decrypt_error(error: &Error) -> Option<DecryptError> {
    assert!(matches!(error.kind(), ErrorKind::Encryption), "{error:?}");
    let source = std::error::Error::source(error)?;
    source.downcast_ref().copied()
}

impl Bench {
    pub async fn new() -> Self {
        Self::with_handler(()).await
    }

    pub async fn with_handler(handler: impl PaymentHandler) -> Self {
        let place = Place::new();
        let gateway = Gateway::default();
        let clock = ManualClock::new();
        let host = runtime(&gateway, &clock, &place, handler).await;
        let bench = Self {
            gateway,
            clock,
            host,
            place,
        };
        bench.add_connection("main", "k1").await;
        bench.link_customer("main").await;
        bench
    }

    /// The runtime as another process on the same database has it.
    pub async fn another_process(&self) -> Host {
        runtime(&self.gateway, &self.clock, &self.place, ()).await
    }

    pub async fn link_customer(&self, code: &str) {
        let linked = self.host.link_customer(&connection(code), &payer()).await;
        linked.unwrap();
    }

    /// Adds a connection of the organization with this key.
    pub async fn add_connection(&self, code: &str, key: &str) {
        self.add_connection_of(&organization(), code, key).await;
    }

    /// Adds a connection of any organization with this key.
    pub async fn add_connection_of(&self, organization: &OrganizationId, code: &str, key: &str) {
        let settings = ConnectionSettings::new().with("key", key);
        let connection = connection_of(organization, code);
        let new = NewConnection::new(connection, provider(), code, settings);
        self.host.add_connection(new).await.unwrap();
    }

    pub async fn url(&self, invoice: &Payable) -> PaymentUrl {
        self.host.payment_url(invoice).await.unwrap().pay().unwrap()
    }

    /// Asks for a payment URL of a payable for which nothing is due; returns the reason.
    pub async fn nothing_due(&self, invoice: &Payable) -> NothingDue {
        match self.host.payment_url(invoice).await.unwrap() {
            PaymentUrlOutcome::NothingDue(reason) => reason,
            outcome => panic!("{outcome:?}"),
        }
    }

    pub async fn receive(&self, events: &[Event]) -> Receipt {
        self.receive_request(delivery("k1", events)).await.unwrap()
    }

    /// Deliveries arrive when the clock says so, no two in the same millisecond.
    pub async fn receive_request(&self, mut request: WebhookRequest) -> Result<Receipt, Error> {
        self.clock.advance(Duration::from_millis(1));
        request.received_at = self.clock.now();
        self.host
            .receive_webhook(&provider(), &connection("main"), &request)
            .await
    }

    /// Applies all that is due, moving the clock over the waits in between, and checks that the ledger is
    /// sound.
    pub async fn apply_all(&self) {
        for _ in 0..40 {
            while self.host.apply_due_deliveries().await.unwrap() > 0 {}
            let deliveries = self.deliveries().await;
            if deliveries
                .iter()
                .all(|delivery| delivery.state != DeliveryState::Pending)
            {
                let report = self.host.audit_ledger(None).await.unwrap();
                assert!(report.is_sound(), "{:#?}", report.findings);
                return;
            }
            wait_for_workers(&self.host).await;
            self.clock.advance(Duration::from_mins(10));
        }
        panic!("deliveries stay pending: {:#?}", self.deliveries().await);
    }

    /// All deliveries, in order of arrival.
    pub async fn deliveries(&self) -> Vec<Delivery> {
        let newest_first = self
            .host
            .deliveries(&connection("main"), u32::MAX)
            .await
            .unwrap();
        newest_first.into_iter().rev().collect()
    }

    pub async fn view(&self, id: &str) -> PayableView {
        let id = PayableId::new(id).unwrap();
        self.host
            .payable(&organization(), &id)
            .await
            .unwrap()
            .expect("a payable")
    }

    /// `received applied overpaid progress` of a payable.
    pub async fn totals(&self, id: &str) -> String {
        let PayableView {
            received,
            applied,
            overpaid,
            progress,
            ..
        } = self.view(id).await;
        format!(
            "{} {} {} {progress}",
            received.decimal(),
            applied.decimal(),
            overpaid.decimal()
        )
    }
}

/// Starts a process on the database of a place.
pub async fn runtime(
    gateway: &Gateway,
    clock: &ManualClock,
    place: &Place,
    handler: impl PaymentHandler,
) -> Host {
    let builder = place.open().await;
    runtime_with(builder, gateway, clock, place, handler).await
}

pub async fn runtime_with(
    builder: HostBuilder,
    gateway: &Gateway,
    clock: &ManualClock,
    place: &Place,
    handler: impl PaymentHandler,
) -> Host {
    let key = place.directory.path().join("sealing.key");
    let key = EncryptionKey::from_file_or_new(&key).unwrap();
    builder
        .with_registry(registry(gateway))
        .with_encryption_keys(EncryptionKeys::new(key))
        .with_clock(std::sync::Arc::new(clock.clone()))
        .with_handler(handler)
        .build()
        .await
        .unwrap()
}

pub fn registry(gateway: &Gateway) -> ProviderRegistry {
    let mut registry = ProviderRegistry::new();
    registry
        .register(MemoryFactory::new(gateway.clone()))
        .unwrap();
    registry
}
