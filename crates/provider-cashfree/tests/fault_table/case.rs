//! One case: its own gateway, the connection to it, and the provider.

use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    ApiFaultRule, ApiOperation as Api, LinkSnapshot, Merchant, RunningSimulator, Simulator,
    SimulatorConfig,
};
use jiff::Timestamp;
use payment_provider_core::{
    CheckoutRequest, ConnectionSettings, Customer, CustomerId, OrderId, Payment, PaymentId,
    PaymentProvider, PaymentStatus, PreparedCheckout, ProviderError, ProviderFactory,
};
use provider_cashfree::{CashfreeConfig, CashfreeFactory, RetryTuning};
use test_support::ClosedPort;

use super::labels;
use super::proxy::{Proxy, letter};
use super::table::{FaultKind, InjectedFault, Outcome, Row, Task};
use super::wire_faults::WireFault;
use crate::support::{Seen, inr, locator, reference};

const CLIENT_ID: &str = "canary-client-id";
const SECRET: &str = "canary-client-secret";
const PHONE: &str = "9876501234";

/// Values that must not be displayed or logged.
pub(crate) const CANARIES: [&str; 6] = [
    CLIENT_ID,
    SECRET,
    PHONE,
    "canary-email",
    "canary-name",
    "canary-purpose",
];

/// Factories with different timeouts. Cases in which the caller waits for its timeout use a short
/// one, so that the table ends soon; all others use a long one, so that a slow machine does not
/// affect them.
pub(crate) struct Factories {
    patient: CashfreeFactory,
    kept_waiting: CashfreeFactory,
    pub(crate) one_try: CashfreeFactory,
}

impl Factories {
    pub(crate) fn new() -> Self {
        let tuning = RetryTuning::new()
            .with_max_attempts(3)
            .with_pauses(Duration::from_millis(1), Duration::from_millis(2));
        let factory = |tuning, request: Duration, all: Duration| {
            let config = CashfreeConfig::new()
                .with_loopback(true)
                .with_retry(tuning)
                .with_request_timeout(request)
                .with_operation_deadline(all);
            CashfreeFactory::with_config(config).unwrap()
        };
        let second = Duration::from_secs(1);
        Self {
            patient: factory(tuning, second * 20, second * 45),
            kept_waiting: factory(tuning, second * 2, second * 30),
            one_try: factory(tuning.with_max_attempts(1), second * 20, second * 45),
        }
    }
}

pub(crate) struct Fixture {
    pub(crate) simulator: RunningSimulator,
    pub(crate) proxy: Proxy,
    pub(crate) prepared: PreparedCheckout,
    /// All output so far that could contain a forbidden value.
    shown: Vec<String>,
}

/// Runs a case. Also returns all output produced on the way.
pub(crate) async fn run_case(row: &Row, factories: &Factories) -> (Outcome, Vec<String>) {
    let mut fixture = Fixture::set(factories).await;
    fixture.prepare(&row.before, factories).await;
    let first_key = fixture.first_key(factories).await;
    fixture.inject(&row.faults);
    let refused = row
        .faults
        .iter()
        .any(|fault| fault.kind == FaultKind::Connection(WireFault::Refused));
    let hangs = row.faults.iter().any(InjectedFault::hangs);
    let factory = if hangs {
        &factories.kept_waiting
    } else {
        &factories.patient
    };

    let closed = ClosedPort::reserve().unwrap();
    let base_url = if refused {
        format!("http://{}/pg", closed.address())
    } else {
        fixture.proxy.base_url.clone()
    };
    let provider = connect(factory, &base_url);
    let result = fixture.run(row.task, &provider).await;
    let mut requests = trace(
        &fixture.proxy.take_requests(),
        &first_key,
        &fixture.prepared,
    );
    if row.task == Task::Payments && result.contains('/') {
        // The first list that fails ends the operation; the progress of the other lists is not
        // deterministic.
        requests.truncate(requests.find('Y').map_or(requests.len(), |first| first + 1));
        requests = requests.replace('Y', "Y+");
    }
    let gateway = fixture.gateway();

    fixture.simulator.simulator().clear_faults();
    fixture.proxy.forward_held().await;
    // A new connection, because an abandoned request may still be in transit on the old one.
    fixture.proxy = Proxy::start(fixture.simulator.local_addr()).await;
    // Represents another process, or the same one much later.
    let provider = connect(&factories.patient, &fixture.proxy.base_url);
    let mut again = fixture.run(row.task, &provider).await;
    let again_requests = trace(
        &fixture.proxy.take_requests(),
        &first_key,
        &fixture.prepared,
    );
    let links = fixture.simulator.simulator().links();
    let ours = |link: &&LinkSnapshot| link.link_id == reference().as_str();
    if links.iter().filter(ours).count() > 1 {
        again.push_str("!second_link");
    }

    let outcome = Outcome {
        result,
        requests,
        gateway,
        again,
        again_requests,
    };
    (outcome, fixture.shown)
}

pub(crate) fn connect(factory: &CashfreeFactory, base_url: &str) -> Arc<dyn PaymentProvider> {
    let settings = ConnectionSettings::new()
        .with("client_id", CLIENT_ID)
        .with("client_secret", SECRET)
        .with("environment", "sandbox")
        .with("base_url", base_url);
    factory.connect(&settings).unwrap()
}

fn customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap())
        .with_phone(PHONE)
        .with_email("canary-email@shop.example")
        .with_name("canary-name")
}

impl Fixture {
    async fn set(factories: &Factories) -> Self {
        let merchant = Merchant::new(CLIENT_ID, SECRET);
        let config = SimulatorConfig::new().with_merchant(merchant).with_seed(1);
        let simulator = Simulator::new(config)
            .unwrap()
            .start("127.0.0.1:0")
            .await
            .unwrap();
        let proxy = Proxy::start(simulator.local_addr()).await;
        let expires_at = Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let purpose = "canary-purpose";
        let request =
            CheckoutRequest::new(reference(), inr(20_012), purpose, customer(), expires_at);
        let provider = connect(&factories.patient, &proxy.base_url);
        let prepared = provider.prepare_checkout(&request).unwrap();
        Self {
            simulator,
            proxy,
            shown: vec![format!("{prepared:?} {provider:?}")],
            prepared,
        }
    }

    fn inject(&self, faults: &[InjectedFault]) {
        for injected in faults {
            match injected.kind {
                FaultKind::Connection(how) => {
                    self.proxy.break_next(injected.call, how, injected.times);
                }
                FaultKind::Gateway(fault) => {
                    let mut rule =
                        ApiFaultRule::once(api(injected.call), fault).with_times(injected.times);
                    if let Some(number) = injected.number {
                        rule = if injected.limits_rate() {
                            rule.with_retry_seconds(number)
                        } else {
                            rule.with_delay(Duration::from_millis(number.into()))
                        };
                    }
                    self.simulator.simulator().inject_fault(rule);
                }
            }
        }
    }

    async fn run(&mut self, task: Task, provider: &Arc<dyn PaymentProvider>) -> String {
        let result = match task {
            Task::Check => provider.check_connection().await.map(|check| {
                self.show(&check);
                labels::checked(&check)
            }),
            Task::Customer => provider.link_customer(&customer()).await.map(|link| {
                self.show(&link);
                labels::linked(&link)
            }),
            Task::Create => provider
                .create_checkout(&self.prepared)
                .await
                .map(|created| {
                    self.show(&created);
                    labels::created(&created)
                }),
            Task::Fetch => provider.fetch_checkout(&locator()).await.map(|checkout| {
                self.show(&checkout);
                labels::fetched(&checkout)
            }),
            Task::Cancel => provider
                .cancel_checkout(&locator())
                .await
                .map(|cancellation| {
                    self.show(&cancellation);
                    labels::cancelled(&cancellation)
                }),
            Task::Payments => provider.list_payments(&locator()).await.map(|payments| {
                self.show(&payments);
                labels::listed(&payments)
            }),
            Task::Refunds => {
                let inquiry = provider.refund_inquiry().unwrap();
                let payments = self.succeeded();
                inquiry
                    .list_refunds(&locator(), &payments)
                    .await
                    .map(|refunds| {
                        self.show(&refunds);
                        labels::refunded(&refunds)
                    })
            }
        };
        result.unwrap_or_else(|error| {
            self.show_error(&error);
            labels::error(&error)
        })
    }

    /// Returns the payments at the gateway that brought money.
    fn succeeded(&self) -> Vec<Payment> {
        let orders = self.simulator.simulator().orders();
        let payments = orders.iter().flat_map(|order| &order.payments);
        payments
            .filter(|payment| payment.status == cashfree_simulator::PaymentStatus::Success)
            .map(|paid| {
                let id = PaymentId::new(&paid.cf_payment_id).unwrap();
                let mut payment = Payment::new(id, PaymentStatus::Succeeded, inr(20_012));
                payment.order_id = OrderId::new(&paid.order_id).ok();
                payment
            })
            .collect()
    }

    fn show(&mut self, value: &dyn std::fmt::Debug) {
        self.shown.push(format!("{value:?} {value:#?}"));
    }

    fn show_error(&mut self, error: &ProviderError) {
        self.show(error);
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            self.shown.push(format!("{error} {error:?}"));
            cause = error.source();
        }
    }

    /// Returns the links at the gateway, each with its number of orders.
    fn gateway(&self) -> String {
        let links = self.simulator.simulator().links();
        let words: Vec<String> = links
            .iter()
            .map(|link| format!("{}:{}", link.status, link.orders.len()))
            .collect();
        if words.is_empty() {
            "-".to_owned()
        } else {
            words.join("+")
        }
    }
}

const fn api(call: char) -> Api {
    match call {
        'P' => Api::CreateLink,
        'C' => Api::CancelLink,
        'O' => Api::ListOrders,
        'Y' => Api::ListPayments,
        'R' => Api::ListRefunds,
        _ => Api::FetchLink,
    }
}

/// Returns the requests in order, one letter each. A creation carries the number of its key: 1 for
/// the key with which every process begins, 2 and so on for later keys. `!` marks a creation whose
/// bytes differ from the prepared ones, and any other call with a key.
fn trace(seen: &[Seen], first_key: &str, prepared: &PreparedCheckout) -> String {
    let mut keys = vec![first_key];
    let mut words = String::new();
    for request in seen {
        let call = letter(request);
        words.push(call);
        let key = request.header("x-idempotency-key");
        let as_it_should = match (call, key) {
            ('P', Some(key)) => {
                let known = keys.iter().position(|known| *known == key);
                let number = known.unwrap_or_else(|| {
                    keys.push(key);
                    keys.len() - 1
                });
                words.push_str(&(number + 1).to_string());
                request.body == prepared.body
            }
            (_, key) => call != 'P' && key.is_none() && request.body.is_empty(),
        };
        if !as_it_should {
            words.push('!');
        }
    }
    if words.is_empty() {
        "-".to_owned()
    } else {
        words
    }
}
