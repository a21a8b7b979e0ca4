//! A runtime on a fresh database, with one connected account and one customer.

use std::time::Duration;

use super::database::{Database, Place, wait_for_workers};
use super::{Gateway, ManualClock, MemoryFactory, delivery};
use payment_provider_core::*;
use payment_provider_host::*;

pub struct Bench {
    pub gateway: Gateway,
    pub clock: ManualClock,
    pub host: Host,
    pub place: Place,
}

pub fn organization() -> OrganizationId {
    OrganizationId::new("org").unwrap()
}

pub fn code() -> ConnectionCode {
    ConnectionCode::new("main").unwrap()
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

impl Bench {
    pub async fn new(database: Database) -> Self {
        Self::with_handler(database, ()).await
    }

    pub async fn with_handler(database: Database, handler: impl PaymentHandler) -> Self {
        let place = Place::new(database);
        let gateway = Gateway::default();
        let clock = ManualClock::new();
        let host = runtime(&gateway, &clock, &place, handler).await;
        let settings = ConnectionSettings::new().with("key", "k1");
        let new = NewConnection::new(organization(), provider(), code(), "Main", settings);
        host.add_connection(new).await.unwrap();
        let bench = Self {
            gateway,
            clock,
            host,
            place,
        };
        bench.link_customer("main").await;
        bench
    }

    /// The runtime as another process on the same database has it.
    pub async fn another_process(&self) -> Host {
        runtime(&self.gateway, &self.clock, &self.place, ()).await
    }

    pub async fn link_customer(&self, connection: &str) {
        let customer = Customer::new(customer()).with_phone("9000000000");
        let connection = ConnectionCode::new(connection).unwrap();
        let link = NewCustomerLink::new(organization(), customer, connection);
        self.host.link_customer(link).await.unwrap();
    }

    pub async fn url(&self, invoice: &Payable) -> PaymentUrl {
        self.host.payment_url(invoice).await.unwrap()
    }

    pub async fn receive(&self, events: &[Event]) -> Receipt {
        self.receive_request(delivery("k1", events)).await.unwrap()
    }

    /// Deliveries arrive when the clock says so, no two in the same millisecond.
    pub async fn receive_request(
        &self,
        mut request: WebhookRequest,
    ) -> Result<Receipt, ReceiveError> {
        self.clock.advance(Duration::from_millis(1));
        request.received_at = self.clock.now();
        self.host
            .receive_webhook(&provider(), &organization(), &code(), &request)
            .await
    }

    /// Applies all that is due, moving the clock over the waits in between. Whatever was told, the
    /// books add up then.
    pub async fn settle(&self) {
        for _ in 0..40 {
            while self.host.apply_due_deliveries().await.unwrap() > 0 {}
            let deliveries = self.deliveries().await;
            if deliveries
                .iter()
                .all(|delivery| delivery.state != DeliveryState::Pending)
            {
                let report = self.host.verify_ledger(None).await.unwrap();
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
            .deliveries(&organization(), &code(), u32::MAX)
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

    /// `received credited surplus progress` of a payable.
    pub async fn totals(&self, id: &str) -> String {
        let PayableView {
            received,
            credited,
            surplus,
            progress,
            ..
        } = self.view(id).await;
        format!(
            "{} {} {} {progress}",
            received.decimal(),
            credited.decimal(),
            surplus.decimal()
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
    let key = SealingKey::from_file_or_new(&key).unwrap();
    builder
        .with_registry(registry(gateway))
        .with_encryption_keys(SealingKeys::new(key))
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
