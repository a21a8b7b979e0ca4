//! A gateway in memory, for tests of the runtime: it keeps links, takes payments, and fails on
//! demand. Its webhooks are "signed" by naming the secret; verifying real signatures is for the
//! tests of real providers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
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
pub(crate) struct Link {
    pub(crate) amount: Money,
    pub(crate) status: CheckoutStatus,
    pub(crate) payments: Vec<Payment>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) gateway_id: String,
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
pub(crate) struct State {
    pub(crate) links: HashMap<String, Link>,
    pub(crate) creations: usize,
    pub(crate) calls: Vec<String>,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) will_not_cancel: bool,
    /// The gateway has no cancellation.
    pub(crate) unsupported: bool,
    /// The gateway can be asked nothing.
    pub(crate) unaskable: bool,
    /// Amounts that are reported as paid beyond the listed payments, by reference, in smallest units.
    pub(crate) unlisted: HashMap<String, i64>,
    /// The list of payments gives no answer.
    pub(crate) list_is_down: bool,
    /// The limits of a checkout.
    pub(crate) limits: CheckoutLimits,
    /// Creations and cancellations wait before they act, fetches before they answer.
    pub(crate) hold: bool,
    /// The answer to a creation is kept back.
    pub(crate) hold_answer: bool,
    /// The number of calls that have waited so far.
    waited: usize,
    /// Creations make the link and say that it is not the one asked for.
    pub(crate) wrong_amount: bool,
    /// Payments made so far, for their ids.
    made: usize,
}

/// The gateway, seen from the test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gateway {
    state: Arc<Mutex<State>>,
}

impl Gateway {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn fail_next(&self, fault: Fault) {
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
    pub(crate) async fn call_held(&self) {
        self.calls_held(1).await;
    }

    /// Until so many calls have been held, those that went on by now among them.
    pub(crate) async fn calls_held(&self, number: usize) {
        while self.state().waited < number {
            tokio::task::yield_now().await;
        }
    }

    /// The references of all links.
    pub(crate) fn references(&self) -> Vec<String> {
        self.state().links.keys().cloned().collect()
    }

    /// A payer pays; returns the payment as the gateway lists it.
    pub(crate) fn pay(&self, reference: &str, amount: &str) -> Payment {
        self.attempt(reference, amount, PaymentStatus::Succeeded)
    }

    pub(crate) fn attempt(&self, reference: &str, amount: &str, status: PaymentStatus) -> Payment {
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

    /// Changes the status of a link.
    pub(crate) fn set_status(&self, reference: &str, status: CheckoutStatus) {
        self.state().links.get_mut(reference).unwrap().status = status;
    }

    /// Lists these payments of a link from now on, as a list does that lags behind or catches up; returns
    /// the former ones.
    pub(crate) fn list(&self, reference: &str, payments: Vec<Payment>) -> Vec<Payment> {
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        std::mem::replace(&mut link.payments, payments)
    }

    /// Lists one more payment of a link.
    pub(crate) fn add_to_list(&self, reference: &str, payment: Payment) {
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.push(payment);
    }

    /// A payer pays, and the list of the link does not show it yet.
    pub(crate) fn pay_unlisted(&self, reference: &str, amount: &str) -> Payment {
        let payment = self.pay(reference, amount);
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.pop();
        payment
    }

    /// Returns the number of links that can be paid.
    pub(crate) fn payable_links(&self) -> usize {
        let state = self.state();
        let links = state.links.values();
        links.filter(|link| link.status.is_payable()).count()
    }

    /// Makes the gateway one that has neither a status API nor a cancellation.
    pub(crate) fn disable_status_api(&self) {
        let mut state = self.state();
        (state.unsupported, state.unaskable) = (true, true);
    }

    pub(crate) fn snapshot(&self, reference: &str) -> CheckoutSnapshot {
        let link = &self.state().links[reference];
        CheckoutSnapshot::new(link.status.clone(), link.amount, link.paid())
    }
}

/// A delivery of these events, as the gateway would sign it.
pub(crate) fn delivery(secret: &str, events: &[Event]) -> WebhookRequest {
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", secret.parse().unwrap());
    let body = serde_json::to_vec(events).unwrap();
    let url = "https://host.example/webhooks/memory/org?code=main"
        .parse()
        .unwrap();
    WebhookRequest::post(url, headers, body, Timestamp::now())
}

pub(crate) fn about(reference: &str) -> EventTarget {
    EventTarget::none().with_reference(CheckoutReference::new(reference).ok())
}

/// An event that reports only that something changed.
pub(crate) fn changed(reference: &str) -> Event {
    Event::new("CHANGED", about(reference), EventKind::FetchNeeded)
}

pub(crate) fn paid_event(reference: &str, payment: &Payment) -> Event {
    let target = about(reference).with_order_id(payment.order_id.clone());
    Event::new("PAYMENT", target, EventKind::Payment(payment.clone()))
}

/// A link event that names no payment: it claims that an order was paid, and states the link's totals.
pub(crate) fn claim_events(gateway: &Gateway, reference: &str, payment: &Payment) -> Vec<Event> {
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
pub(crate) struct MemoryFactory {
    descriptor: ProviderDescriptor,
    gateway: Gateway,
}

impl MemoryFactory {
    pub(crate) fn new(gateway: Gateway) -> Self {
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
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(
            Timestamp::from_second(1_790_000_000).unwrap(),
        )))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
