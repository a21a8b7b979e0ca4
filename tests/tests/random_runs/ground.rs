//! A simulator, a provider and a host on one clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DeliverySnapshot, ManualClock, RunningSimulator,
    Settings, Simulator, SimulatorConfig,
};
use payment_provider_core::reexport::http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    Clock, ConnectionCode, ConnectionSettings, Customer, CustomerId, OrganizationId,
    PaymentProvider, ProviderFactory, ProviderId, ProviderRegistry, WebhookRequest,
};
use payment_provider_host::connections::NewConnection;
use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
use payment_provider_host::{ConnectionRef, Error, Host, HostConfig};
use provider_cashfree::{CashfreeConfig, CashfreeFactory, PROVIDER_ID, RetryTuning};
use tempfile::TempDir;

/// The start time, in November 2026, in seconds since 1970.
const BEGIN: i64 = 1_795_000_000;
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[derive(Debug, Clone)]
struct OneClock(Arc<ManualClock>);

impl Clock for OneClock {
    fn now(&self) -> Timestamp {
        let now = cashfree_simulator::SimulatorClock::now(&*self.0);
        Timestamp::from_nanosecond(now.as_nanosecond()).expect("a moment")
    }
}

/// A host on one store, and a clock, for all runs of a test.
pub(crate) struct Ground {
    host: Host,
    factory: CashfreeFactory,
    clock: OneClock,
    directory: TempDir,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let begin = Timestamp::from_second(BEGIN).expect("a moment");
        let clock = OneClock(Arc::new(ManualClock::new(begin)));
        let pauses = (Duration::from_millis(1), Duration::from_millis(2));
        let retry = RetryTuning::new().with_pauses(pauses.0, pauses.1);
        let factory = || {
            let config = CashfreeConfig::new()
                .with_loopback(true)
                .with_clock(Arc::new(clock.clone()))
                .with_operation_deadline(Duration::from_millis(500))
                .with_retry(retry);
            CashfreeFactory::with_config(config).expect("a factory")
        };
        let mut registry = ProviderRegistry::new();
        registry.register(factory()).expect("a registry");

        let directory = in_memory();
        let keys = EncryptionKeys::new(EncryptionKey::from_text(&KEY.into()).expect("a key"));
        let mut config = HostConfig::default();
        config.public_url = Some(webhooks());
        let host = Host::sqlite(directory.path().join("runs.db"))
            .with_registry(registry)
            .with_encryption_keys(keys)
            .with_clock(Arc::new(clock.clone()))
            .with_config(config)
            .build()
            .await
            .expect("a host");
        Self {
            host,
            factory: factory(),
            clock,
            directory,
        }
    }

    pub(crate) async fn close(self) {
        self.host.store().close().await;
        let gone = self.directory.close();
        gone.expect("a directory that goes away");
    }
}

/// Creates a directory in memory: no data here has to outlive a power failure.
fn in_memory() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let directory = if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    directory.expect("a directory")
}

/// A gateway, and an account at it, for one run.
pub(crate) struct Scene {
    pub(crate) provider: Arc<dyn PaymentProvider>,
    pub(crate) host: Host,
    pub(crate) connection: ConnectionRef,
    pub(crate) customer: CustomerId,
    gateway: RunningSimulator,
    clock: OneClock,
}

impl Scene {
    pub(crate) async fn new(ground: &Ground, seed: u64, set: impl Fn(&mut Settings)) -> Self {
        let clock = ground.clock.clone();
        let gateway_clock: Arc<dyn cashfree_simulator::SimulatorClock> = clock.0.clone();
        let config = SimulatorConfig::new()
            .with_seed(seed)
            .with_clock(gateway_clock);
        let simulator = Simulator::new(config).expect("a simulator");
        simulator.update_settings(|settings| {
            settings.webhooks.drop = true;
            set(settings);
        });
        let gateway = simulator.start("127.0.0.1:0").await.expect("an address");
        let settings = ConnectionSettings::new()
            .with("client_id", DEFAULT_CLIENT_ID)
            .with("client_secret", DEFAULT_CLIENT_SECRET)
            .with("environment", "sandbox")
            .with("base_url", gateway.api_base_url());
        let organization = OrganizationId::new("acme").expect("an id");
        let code = ConnectionCode::new(format!("run-{seed}")).expect("a code");
        let connection = ConnectionRef::new(organization, code);
        let customer = CustomerId::new(format!("customer-{seed}")).expect("an id");
        let provider = ground.factory.connect(&settings).expect("a provider");
        let new = NewConnection::new(connection.clone(), id(), "Main", settings);
        let added = ground.host.add_connection(new).await;
        added.expect("a connection");
        let payer = Customer::new(customer.clone()).with_phone("9000000000");
        let linked = ground.host.link_customer(&connection, &payer).await;
        linked.expect("a customer");
        Self {
            provider,
            host: ground.host.clone(),
            connection,
            customer,
            gateway,
            clock,
        }
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.gateway.simulator()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.0.advance(by);
        self.simulator().run_due_tasks();
    }

    /// Delivers a webhook, as the network would, with its body changed if it is to be a forgery. Returns true if it had
    /// been accepted before.
    pub(crate) async fn hand_over(
        &self,
        delivery: &DeliverySnapshot,
        forged: bool,
    ) -> Result<bool, Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &delivery.headers {
            let name: HeaderName = name.parse().expect("a name");
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        let mut body = delivery.body.clone();
        if forged {
            body.push(' ');
        }
        let request = WebhookRequest::post(webhooks(), headers, body, self.clock.now());
        let id = id();
        let taken = self.host.receive_webhook(&id, &self.connection, &request);
        taken.await.map(|receipt| receipt.duplicate)
    }

    pub(crate) async fn close(self) {
        self.gateway.shutdown().await;
    }
}

fn id() -> ProviderId {
    ProviderId::new(PROVIDER_ID).expect("an id")
}

fn webhooks() -> Url {
    "https://billing.example".parse().expect("an address")
}
