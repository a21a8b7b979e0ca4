use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use payment_provider_core::{
    CheckoutReference, CheckoutStatus, CustomerId, Event, EventKind, Payment, PaymentFailure,
    PaymentId, PaymentStatus,
};
use secrecy::SecretString;
use url::Url;

use super::builder::Config;
use super::call::FakeCall;
use super::checkout_record::CheckoutRecord;
use super::envelope::{CHECKOUT, Envelope, PAYMENT};
use super::script::Script;
use super::settings::AccountKey;

/// All that the gateway has, of all accounts.
pub(super) struct GatewayState {
    config: Arc<Config>,
    pub(super) now: Timestamp,
    pub(super) accounts: BTreeMap<AccountKey, Account>,
    pub(super) calls: Vec<FakeCall>,
    pub(super) script: Script,
    pub(super) deliveries: Vec<RecordedDelivery>,
    given_out: u64,
}

/// One merchant's account.
#[derive(Default)]
pub(super) struct Account {
    /// What deliveries are signed with; the first secret of the first connection.
    pub(super) secret: Option<SecretString>,
    pub(super) revoked: bool,
    /// In the order in which they were made.
    pub(super) checkouts: Vec<CheckoutRecord>,
    pub(super) customers: BTreeMap<CustomerId, String>,
}

/// Something the gateway has to tell, with the bytes it tells it by.
#[derive(Clone)]
pub(super) struct RecordedDelivery {
    pub(super) account: AccountKey,
    pub(super) reference: Option<CheckoutReference>,
    pub(super) payment: Option<PaymentId>,
    pub(super) gateway_type: String,
    pub(super) body: Bytes,
    pub(super) url: Url,
    pub(super) taken: bool,
}

impl GatewayState {
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self {
            now: config.clock.now(),
            config,
            accounts: BTreeMap::new(),
            calls: Vec::new(),
            script: Script::default(),
            deliveries: Vec::new(),
            given_out: 0,
        }
    }

    /// A text that no other object has.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        self.given_out += 1;
        format!("{kind}_{}", self.given_out)
    }

    pub(super) fn new_payment_id(&mut self) -> PaymentId {
        PaymentId::new(self.new_id("pay")).expect("letters and digits")
    }

    pub(super) fn account(&mut self, key: &AccountKey) -> &mut Account {
        self.accounts.entry(key.clone()).or_default()
    }

    pub(super) fn find(
        &mut self,
        key: &AccountKey,
        reference: &str,
    ) -> Option<&mut CheckoutRecord> {
        let checkouts = &mut self.accounts.get_mut(key)?.checkouts;
        checkouts
            .iter_mut()
            .find(|record| record.reference().as_str() == reference)
    }

    /// Lets it be now, and ends what is over by now.
    pub(super) fn advance_to(&mut self, now: Timestamp) {
        self.now = now;
        let mut ended = Vec::new();
        for (key, account) in &self.accounts {
            for record in &account.checkouts {
                if record.body.expires_at <= now && is_open(&record.status()) {
                    ended.push((key.clone(), record.reference().clone()));
                }
            }
        }
        for (key, reference) in ended {
            self.end(&key, &reference, CheckoutStatus::Expired);
        }
    }

    /// Ends a checkout that has not ended yet.
    pub(super) fn end(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        how: CheckoutStatus,
    ) {
        let Some(record) = self.find(key, reference.as_str()) else {
            return;
        };
        if record.status().is_payable() {
            record.claimed = None;
            record.ended = Some(how);
            self.tell_of_checkout(key, reference, None);
        }
    }

    /// A payer tries to pay.
    pub(super) fn attempt(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        mut payment: Payment,
    ) {
        let now = self.now;
        if let Some(record) = self.find(key, reference.as_str()) {
            payment.order_id = Some(record.order_id.clone());
            payment.method = Some(record.body.method());
            settle(&mut payment, now);
            let id = payment.id.clone();
            record.payments.push(payment);
            self.tell_of_payment(key, reference, &id);
        }
    }

    /// An attempt to pay comes to something else.
    pub(super) fn decide(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        id: &PaymentId,
        status: PaymentStatus,
    ) {
        let now = self.now;
        let record = self.find(key, reference.as_str());
        let known = record.and_then(|record| record.payments.iter_mut().find(|one| one.id == *id));
        if let Some(payment) = known {
            payment.status = status;
            settle(payment, now);
            self.tell_of_payment(key, reference, id);
        }
    }

    /// Tells of a payment by a delivery about it; money that came in, by one about the checkout
    /// as well.
    fn tell_of_payment(&mut self, key: &AccountKey, reference: &CheckoutReference, id: &PaymentId) {
        let Some(record) = self.find(key, reference.as_str()) else {
            return;
        };
        let Some(payment) = record.payments.iter().find(|payment| payment.id == *id) else {
            return;
        };
        let payment = payment.clone();
        let kind = EventKind::Payment(payment.clone());
        let event = Event::new(PAYMENT, record.target(), kind);
        self.tell(key, PAYMENT, vec![event], Some(id));
        if payment.status == PaymentStatus::Succeeded {
            self.tell_of_checkout(key, reference, Some(payment));
        }
    }

    /// Tells how a checkout stands, and of the payment that led to it.
    pub(super) fn tell_of_checkout(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        payment: Option<Payment>,
    ) {
        let Some(record) = self.find(key, reference.as_str()) else {
            return;
        };
        let target = record.target();
        let snapshot = EventKind::Snapshot(record.snapshot());
        let id = payment.as_ref().map(|payment| payment.id.clone());
        let kinds = payment
            .map(EventKind::Payment)
            .into_iter()
            .chain([snapshot]);
        let events = kinds.map(|kind| Event::new(CHECKOUT, target.clone(), kind));
        self.tell(key, CHECKOUT, events.collect(), id.as_ref());
    }

    /// Writes a delivery, for each address that wants it; gives the first one.
    pub(super) fn tell(
        &mut self,
        key: &AccountKey,
        gateway_type: &str,
        events: Vec<Event>,
        payment: Option<&PaymentId>,
    ) -> RecordedDelivery {
        let now = self.now;
        let target = events.first().map(|event| event.target.clone());
        let target = target.unwrap_or_default();
        let at_now = |event: Event| match event.occurred_at {
            None => event.with_occurred_at(Some(now)),
            Some(_) => event,
        };
        let reference = target.reference.clone();
        let envelope = Envelope {
            id: self.new_id("evt"),
            gateway_type: gateway_type.to_owned(),
            target,
            events: events.into_iter().map(at_now).collect(),
        };
        let body = envelope.into_bytes();
        let own = reference
            .as_ref()
            .and_then(|reference| self.find(key, reference.as_str()))
            .and_then(|record| record.body.notify_url.clone());
        let delivery = RecordedDelivery {
            account: key.clone(),
            reference,
            payment: payment.cloned(),
            gateway_type: gateway_type.to_owned(),
            body,
            url: self.config.webhook_url.clone(),
            taken: false,
        };
        self.deliveries.push(delivery.clone());
        self.deliveries.extend(own.map(|url| RecordedDelivery {
            url,
            ..delivery.clone()
        }));
        delivery
    }
}

/// Whether time ends it: what the gateway claims with a word of its own stays as it is.
const fn is_open(status: &CheckoutStatus) -> bool {
    matches!(status, CheckoutStatus::Open | CheckoutStatus::PartiallyPaid)
}

/// Gives an attempt what belongs to its status.
fn settle(payment: &mut Payment, now: Timestamp) {
    payment.paid_at = Some(now);
    let succeeded = payment.status == PaymentStatus::Succeeded;
    payment.bank_reference = succeeded.then(|| format!("bank of {}", payment.id));
    let failed = payment.status == PaymentStatus::Failed;
    payment.failure = failed.then(|| {
        let message = "the payer's bank declined".into();
        PaymentFailure::new(Some("declined".to_owned()), Some(message))
    });
}
