//! A gateway in memory, for tests of the runtime: it keeps links, takes payments, and fails on
//! demand. Its webhooks are "signed" by naming the secret; verifying real signatures is for the
//! tests of real providers.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod bench;
pub mod notifications;
#[cfg(feature = "postgres")]
#[path = "../server/mod.rs"]
pub mod server;
pub mod store;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives.
    BeforeCommit,
    /// The link is made, the answer is lost.
    AfterCommit,
    /// The gateway says no.
    Refused,
    /// No answer to a read or a cancellation.
    Down,
    /// A read or cancellation is refused: the keys are no longer valid.
    Revoked,
    /// One read passes; the fault after it comes next.
    Skip,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub amount: Money,
    pub status: CheckoutStatus,
    pub payments: Vec<Payment>,
    pub fingerprint: Fingerprint,
    pub gateway_id: String,
}

impl Link {
    fn paid(&self) -> Money {
        self.payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded)
            .fold(Money::zero(self.amount.currency()), |sum, payment| {
                sum.checked_add(payment.amount).unwrap_or(sum)
            })
    }
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a test")]
pub struct State {
    pub links: HashMap<String, Link>,
    pub creations: usize,
    pub calls: Vec<String>,
    pub faults: VecDeque<Fault>,
    pub will_not_cancel: bool,
    /// The gateway has no cancellation.
    pub unsupported: bool,
    /// The gateway can be asked nothing.
    pub unaskable: bool,
    /// Amounts that are reported as paid beyond the listed payments, by reference, in smallest units.
    pub unlisted: HashMap<String, i64>,
    /// The list of payments gives no answer.
    pub list_is_down: bool,
    /// The limits of a checkout.
    pub limits: CheckoutLimits,
    /// Creations and cancellations wait before they act, fetches before they answer.
    pub hold: bool,
    /// The answer to a creation is kept back.
    pub hold_answer: bool,
    /// The number of calls that have waited so far.
    waited: usize,
    /// Creations make the link and say that it is not the one asked for.
    pub wrong_amount: bool,
    /// Payments made so far, for their ids.
    made: usize,
}

/// The gateway, seen from the test.
#[derive(Debug, Clone, Default)]
pub struct Gateway {
    state: Arc<Mutex<State>>,
}

impl Gateway {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    async fn wait_while(&self, held: impl Fn(&State) -> bool) {
        if held(&self.state()) {
            self.state().waited += 1;
        }
        while held(&self.state()) {
            tokio::task::yield_now().await;
        }
    }

    /// Until a call is being held.
    pub async fn call_held(&self) {
        self.calls_held(1).await;
    }

    /// Until so many calls have been held, those that went on by now among them.
    pub async fn calls_held(&self, number: usize) {
        while self.state().waited < number {
            tokio::task::yield_now().await;
        }
    }

    /// The references of all links.
    pub fn references(&self) -> Vec<String> {
        self.state().links.keys().cloned().collect()
    }

    /// A payer pays; returns the payment as the gateway lists it.
    pub fn pay(&self, reference: &str, amount: &str) -> Payment {
        self.attempt(reference, amount, PaymentStatus::Succeeded)
    }

    pub fn attempt(&self, reference: &str, amount: &str, status: PaymentStatus) -> Payment {
        let mut state = self.state();
        state.made += 1;
        let made = state.made;
        let link = state
            .links
            .get_mut(reference)
            .expect("a link of this reference");
        let amount = Money::from_decimal(amount, link.amount.currency()).unwrap();
        let mut payment = Payment::new(PaymentId::new(format!("{made}")).unwrap(), status, amount);
        payment.order_id = Some(OrderId::new(format!("order_{made}")).unwrap());
        link.payments.push(payment.clone());
        if link.status.is_payable() && link.paid().minor_units() >= link.amount.minor_units() {
            link.status = CheckoutStatus::Paid;
        } else if link.status == CheckoutStatus::Open && link.paid().is_positive() {
            link.status = CheckoutStatus::PartiallyPaid;
        }
        payment
    }

    pub fn snapshot(&self, reference: &str) -> CheckoutSnapshot {
        let link = &self.state().links[reference];
        CheckoutSnapshot::new(link.status.clone(), link.amount, link.paid())
    }
}

/// A delivery of these events, as the gateway would sign it.
pub fn delivery(secret: &str, events: &[Event]) -> WebhookRequest {
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", secret.parse().unwrap());
    let body = serde_json::to_vec(events).unwrap();
    let url = "https://host.example/webhooks/memory/org?code=main"
        .parse()
        .unwrap();
    WebhookRequest::post(url, headers, body, Timestamp::now())
}

pub fn about(reference: &str) -> EventTarget {
    EventTarget::none().with_reference(CheckoutReference::new(reference).ok())
}

pub fn paid_event(reference: &str, payment: &Payment) -> Event {
    let target = about(reference).with_order_id(payment.order_id.clone());
    Event::new("PAYMENT", target, EventKind::Payment(payment.clone()))
}

/// A link event that names no payment: it claims that an order was paid, and states the link's totals.
pub fn claim_events(gateway: &Gateway, reference: &str, payment: &Payment) -> Vec<Event> {
    let order = payment.order_id.clone().expect("a payment of an order");
    let target = about(reference).with_order_id(Some(order.clone()));
    let claim = EventKind::PaymentClaimed(PaymentClaim::new(order, payment.amount));
    let totals = EventKind::Snapshot(gateway.snapshot(reference));
    vec![
        Event::new("LINK", target.clone(), claim),
        Event::new("LINK", target, totals),
    ]
}

#[derive(Debug)]
pub struct MemoryFactory {
    descriptor: ProviderDescriptor,
    gateway: Gateway,
}

impl MemoryFactory {
    pub fn new(gateway: Gateway) -> Self {
        let settings = SettingsSchema::new([
            SettingField::new("key", "Key", SettingKind::SecretList).required(),
            SettingField::new("page", "Page", SettingKind::Url),
            SettingField::new("live", "Live", SettingKind::Flag),
            SettingField::new("pin", "Pin", SettingKind::Secret),
            SettingField::new("spare", "Spare", SettingKind::SecretList),
        ]);
        let capabilities = Capabilities::default()
            .with_cancellation()
            .with_status_inquiry();
        let id = ProviderId::new("memory").unwrap();
        let descriptor =
            ProviderDescriptor::new(id, "In memory", settings).with_capabilities(capabilities);
        Self {
            descriptor,
            gateway,
        }
    }
}

impl ProviderFactory for MemoryFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let read = SettingsReader::new(&self.descriptor.settings, settings);
        let keys = read
            .secrets("key")
            .iter()
            .map(|key| key.expose_secret().to_owned())
            .collect();
        let live = read.flag("live");
        read.finish()?;
        let environment = if live {
            Environment::Production
        } else {
            Environment::Sandbox
        };
        let mut descriptor = self.descriptor.clone();
        descriptor.capabilities.status_inquiry = !self.gateway.state().unaskable;
        descriptor.limits = self.gateway.state().limits;
        Ok(Arc::new(Memory {
            descriptor,
            gateway: self.gateway.clone(),
            keys,
            environment,
        }))
    }
}

struct Memory {
    descriptor: ProviderDescriptor,
    gateway: Gateway,
    keys: Vec<String>,
    environment: Environment,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    fn error(&self, kind: ProviderErrorKind, operation: Operation) -> ProviderError {
        ProviderError::new(kind, operation, self.descriptor.id.clone())
    }

    fn checkout(&self, reference: &str) -> Option<Checkout> {
        let state = self.gateway.state();
        let link = state.links.get(reference)?;
        let page = format!("https://pay.example/{reference}").parse().unwrap();
        let mut checkout = Checkout::new(
            CheckoutReference::new(reference).unwrap(),
            link.status.clone(),
            link.amount,
            NextAction::Redirect(page),
        );
        let unlisted = state.unlisted.get(reference).copied().unwrap_or(0);
        let paid = link.paid().minor_units() + unlisted;
        checkout.amount_paid = Money::from_minor_units(paid, link.amount.currency());
        checkout.gateway_id = GatewayCheckoutId::new(link.gateway_id.clone()).ok();
        checkout.fingerprint = Some(link.fingerprint.clone());
        Some(checkout)
    }

    fn read(
        &self,
        locator: &CheckoutLocator,
        operation: Operation,
    ) -> Result<Checkout, ProviderError> {
        let reference = locator.reference.as_str();
        let mut state = self.gateway.state();
        state.calls.push(format!("{operation} {reference}"));
        if state.unaskable && operation != Operation::CancelCheckout {
            return Err(self.error(ProviderErrorKind::Unsupported, operation));
        }
        if state.faults.front() == Some(&Fault::Down) {
            state.faults.pop_front();
            return Err(self.error(ProviderErrorKind::Timeout, operation));
        }
        if state.faults.front() == Some(&Fault::Revoked) {
            state.faults.pop_front();
            return Err(self.error(ProviderErrorKind::Authentication, operation));
        }
        if state.faults.front() == Some(&Fault::Skip) {
            state.faults.pop_front();
        }
        drop(state);
        self.checkout(reference)
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, operation))
    }
}

#[async_trait]
impl PaymentProvider for Memory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        Ok(ConnectionCheck::new(
            CredentialCheck::Accepted,
            self.environment,
        ))
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        let mut needs = Violations::none();
        if customer.phone.is_none() {
            needs.push("phone", ViolationCode::Missing, "is required");
        }
        Ok(CustomerLink::local(needs))
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        let mut violations = Violations::none();
        if request.customer.phone.is_none() {
            violations.push("customer.phone", ViolationCode::Missing, "is required");
        }
        let body = format!(
            "{} {} {}",
            request.reference, request.amount, request.purpose
        );
        violations.into_result(PreparedCheckout::new(
            self.descriptor.id.clone(),
            self.environment,
            request.reference.clone(),
            request.amount,
            request.expires_at,
            Fingerprint::of(body.as_bytes()),
            body,
        ))
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        // Lets another caller come in between, as a network does.
        tokio::task::yield_now().await;
        self.gateway.wait_while(|state| state.hold).await;
        let operation = Operation::CreateCheckout;
        let reference = prepared.reference.as_str();
        let fault = {
            let mut state = self.gateway.state();
            state.calls.push(format!("{operation} {reference}"));
            match state.faults.front() {
                Some(Fault::Down | Fault::Revoked | Fault::Skip) | None => None,
                Some(_) => state.faults.pop_front(),
            }
        };
        match fault {
            Some(Fault::BeforeCommit) => {
                return Err(self.error(ProviderErrorKind::Timeout, operation));
            }
            Some(Fault::Refused) => {
                let error = self.error(ProviderErrorKind::Refused, operation);
                return Err(error.with_gateway_code("not_enabled"));
            }
            _ => {}
        }
        let existing = self.checkout(reference);
        if let Some(found) = existing {
            assert_eq!(
                found.fingerprint.as_ref(),
                Some(&prepared.fingerprint),
                "other bytes"
            );
            return Ok(CreatedCheckout::Adopted(found));
        }
        {
            let wrong = Money::from_minor_units(999_900, prepared.amount.currency());
            let mut state = self.gateway.state();
            state.creations += 1;
            let link = Link {
                amount: if state.wrong_amount {
                    wrong
                } else {
                    prepared.amount
                },
                status: CheckoutStatus::Open,
                payments: Vec::new(),
                fingerprint: prepared.fingerprint.clone(),
                gateway_id: format!("g{}", state.creations),
            };
            state.links.insert(reference.to_owned(), link);
        }
        self.gateway.wait_while(|state| state.hold_answer).await;
        if self.gateway.state().wrong_amount {
            return Err(self
                .error(ProviderErrorKind::Conflict, operation)
                .with_effect(Effect::MaybeApplied));
        }
        if fault == Some(Fault::AfterCommit) {
            return Err(self.error(ProviderErrorKind::Timeout, operation));
        }
        let made = self
            .checkout(reference)
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, operation))?;
        Ok(CreatedCheckout::Created(made))
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let found = self.read(checkout, Operation::FetchCheckout);
        self.gateway.wait_while(|state| state.hold).await;
        found
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        if self.gateway.state().unsupported {
            self.gateway.wait_while(|state| state.hold).await;
            return Err(self.error(ProviderErrorKind::Unsupported, Operation::CancelCheckout));
        }
        let found = self.read(checkout, Operation::CancelCheckout)?;
        self.gateway.wait_while(|state| state.hold).await;
        if !found.status.is_payable() {
            return Ok(Cancellation::AlreadyEnded(found));
        }
        if self.gateway.state().will_not_cancel {
            return Ok(Cancellation::StillPayable(found));
        }
        let reference = checkout.reference.as_str();
        if let Some(link) = self.gateway.state().links.get_mut(reference) {
            link.status = CheckoutStatus::Cancelled;
        }
        Ok(Cancellation::Cancelled(
            self.read(checkout, Operation::CancelCheckout)?,
        ))
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let reference = checkout.reference.as_str();
        self.gateway
            .state()
            .calls
            .push(format!("list_payments {reference}"));
        if self.gateway.state().list_is_down {
            return Err(self.error(ProviderErrorKind::Timeout, Operation::ListPayments));
        }
        let links = &self.gateway.state().links;
        let link = links.get(reference);
        link.map(|link| link.payments.clone())
            .ok_or_else(|| self.error(ProviderErrorKind::NotFound, Operation::ListPayments))
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        let secret = request.header("x-secret").unwrap_or_default();
        let labels: Vec<_> = (0..self.keys.len())
            .map(|position| SecretLabel::new(format!("key {position}")))
            .collect();
        let mut check = SignatureCheck::new(secret.as_bytes());
        for (label, key) in labels.iter().zip(&self.keys) {
            check.compare(label, key.as_bytes());
        }
        let Some(matched) = check.finish() else {
            return Err(self.error(
                ProviderErrorKind::InvalidSignature,
                Operation::HandleWebhook,
            ));
        };
        let events = serde_json::from_slice(&request.body).unwrap_or_default();
        let stale = request.headers.contains_key("x-stale");
        let timestamp_check = if stale {
            TimestampCheck::Stale
        } else {
            TimestampCheck::Fresh
        };
        Ok(VerifiedWebhook::new(
            Verification::SharedSecret(matched),
            &request.body,
            self.environment,
            timestamp_check,
            events,
        ))
    }
}

/// Time that only a test moves.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(
            Timestamp::from_second(1_790_000_000).unwrap(),
        )))
    }

    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
