use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use payment_provider_core::{
    CheckoutReference, CheckoutStatus, CustomerId, Event, EventKind, Payment, PaymentFailure,
    PaymentId, PaymentStatus, RefundId,
};
use secrecy::SecretString;
use url::Url;

use super::call::FakeCall;
use super::checkout_record::CheckoutRecord;
use super::config::Config;
use super::envelope::{CHECKOUT, Envelope, PAYMENT};
use super::script::Script;
use super::settings::AccountKey;

/// The state of the gateway, for all accounts.
pub(super) struct GatewayState {
    config: Arc<Config>,
    pub(super) now: Timestamp,
    pub(super) accounts: BTreeMap<AccountKey, AccountState>,
    pub(super) calls: Vec<FakeCall>,
    pub(super) script: Script,
    pub(super) deliveries: Vec<RecordedDelivery>,
    issued_ids: u64,
}

/// The state of one merchant account.
#[derive(Default)]
pub(super) struct AccountState {
    /// The secret that signs deliveries: the first secret of the first connection.
    pub(super) secret: Option<SecretString>,
    pub(super) revoked: bool,
    /// The checkouts in the order of their creation.
    pub(super) checkouts: Vec<CheckoutRecord>,
    pub(super) customers: BTreeMap<CustomerId, String>,
}

/// The object that a delivery is about, beside its checkout.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Payment(PaymentId),
    Refund(RefundId),
}

/// A delivery with its body.
#[derive(Clone)]
pub(super) struct RecordedDelivery {
    pub(super) account: AccountKey,
    pub(super) reference: Option<CheckoutReference>,
    pub(super) subject: Option<Subject>,
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
            issued_ids: 0,
        }
    }

    /// Returns a unique id.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        self.issued_ids += 1;
        format!("{kind}_{}", self.issued_ids)
    }

    pub(super) fn new_refund_id(&mut self) -> RefundId {
        RefundId::new(self.new_id("rfnd")).expect("letters and digits")
    }

    pub(super) fn new_payment_id(&mut self) -> PaymentId {
        PaymentId::new(self.new_id("pay")).expect("letters and digits")
    }

    pub(super) fn account(&mut self, key: &AccountKey) -> &mut AccountState {
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

    /// Advances the time, and expires overdue checkouts.
    pub(super) fn advance_to(&mut self, now: Timestamp) {
        self.now = now;
        let mut ended = Vec::new();
        for (key, account) in &self.accounts {
            for record in &account.checkouts {
                if record.body.expires_at <= now && expires(&record.status()) {
                    ended.push((key.clone(), record.reference().clone()));
                }
            }
        }
        for (key, reference) in ended {
            self.end(&key, &reference, CheckoutStatus::Expired);
        }
    }

    /// Ends a checkout, unless it has ended already.
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
            record.reported = None;
            record.ended = Some(how);
            self.report_checkout(key, reference, None);
        }
    }

    /// Adds a payment attempt.
    pub(super) fn attempt_payment(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        mut payment: Payment,
    ) {
        let now = self.now;
        if let Some(record) = self.find(key, reference.as_str()) {
            payment.order_id = Some(record.order_id.clone());
            payment.method = Some(record.body.method());
            complete(&mut payment, now);
            let id = payment.id.clone();
            record.payments.push(payment);
            self.report_payment(key, reference, &id);
        }
    }

    /// Changes the status of a payment.
    pub(super) fn set_payment_status(
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
            complete(payment, now);
            self.report_payment(key, reference, id);
        }
    }

    /// Reports a payment in a delivery. A successful payment is reported in a delivery about the
    /// checkout as well.
    fn report_payment(&mut self, key: &AccountKey, reference: &CheckoutReference, id: &PaymentId) {
        let Some(record) = self.find(key, reference.as_str()) else {
            return;
        };
        let Some(payment) = record.payments.iter().find(|payment| payment.id == *id) else {
            return;
        };
        let payment = payment.clone();
        let kind = EventKind::Payment(payment.clone());
        let event = Event::new(PAYMENT, record.target(), kind);
        let subject = Subject::Payment(id.clone());
        self.record_delivery(key, PAYMENT, vec![event], Some(subject));
        if payment.status == PaymentStatus::Succeeded {
            self.report_checkout(key, reference, Some(payment));
        }
    }

    /// Reports the state of a checkout in a delivery, with the payment that changed it.
    pub(super) fn report_checkout(
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
        let subject = payment.as_ref();
        let subject = subject.map(|payment| Subject::Payment(payment.id.clone()));
        let kinds = payment
            .map(EventKind::Payment)
            .into_iter()
            .chain([snapshot]);
        let events = kinds.map(|kind| Event::new(CHECKOUT, target.clone(), kind));
        self.record_delivery(key, CHECKOUT, events.collect(), subject);
    }

    /// Records a delivery for the account's URL and the checkout's own, and returns the first.
    pub(super) fn record_delivery(
        &mut self,
        key: &AccountKey,
        gateway_type: &str,
        events: Vec<Event>,
        subject: Option<Subject>,
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
            subject,
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

/// Returns true if time expires a checkout with this status. An unknown status is kept.
const fn expires(status: &CheckoutStatus) -> bool {
    matches!(status, CheckoutStatus::Open | CheckoutStatus::PartiallyPaid)
}

/// Sets the fields of a payment that depend on its status.
fn complete(payment: &mut Payment, now: Timestamp) {
    payment.paid_at = Some(now);
    let succeeded = payment.status == PaymentStatus::Succeeded;
    payment.bank_reference = succeeded.then(|| format!("bank of {}", payment.id));
    let failed = payment.status == PaymentStatus::Failed;
    payment.failure = failed.then(|| {
        let message = "the payer's bank declined".into();
        PaymentFailure::new(Some("declined".to_owned()), Some(message))
    });
}
