use bytes::Bytes;
use payment_provider_core::{
    CheckoutLocator, CheckoutReference, CheckoutSnapshot, CheckoutStatus, Money, NextAction,
    PayerNotification, Payment, PaymentId, PaymentStatus,
};
use url::Url;

use super::checkout_record::CheckoutRecord;
use super::delivery::FakeDelivery;
use super::gateway::FakeGateway;
use super::payment::FakePayment;
use super::returns;
use super::settings::AccountKey;

/// A checkout at the gateway: what a payer can do with it, and what it has been through.
///
/// Nothing here is checked. Payers pay too much, in another currency and after the end, since that
/// is what some gateway lets them do one day.
#[derive(Debug, Clone)]
pub struct FakeCheckout {
    gateway: FakeGateway,
    account: AccountKey,
    reference: CheckoutReference,
}

/// How often a checkout was the matter of a call that was carried out, whether or not the answer
/// was heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutCounts {
    /// Creations that found it there, and the one asked for.
    pub adopted: usize,
    /// Creations that found it there, and not the one asked for.
    pub conflicts: usize,
    /// Times it was fetched.
    pub fetched: usize,
    /// Times its payments were listed.
    pub listed: usize,
    /// Times somebody wanted it cancelled.
    pub cancelled: usize,
}

impl FakeCheckout {
    pub(super) const fn new(
        gateway: FakeGateway,
        account: AccountKey,
        reference: CheckoutReference,
    ) -> Self {
        Self {
            gateway,
            account,
            reference,
        }
    }

    /// The host's id of it.
    pub const fn reference(&self) -> &CheckoutReference {
        &self.reference
    }

    /// The name of the account it belongs to.
    pub fn account(&self) -> &str {
        &self.account.name
    }

    /// How a host finds it, by both ids.
    pub fn locator(&self) -> CheckoutLocator {
        self.read(|record| record.view().locator())
    }

    /// Where it stands.
    pub fn status(&self) -> CheckoutStatus {
        self.read(CheckoutRecord::status)
    }

    /// What it asks for and what was paid, as a delivery would say it.
    pub fn snapshot(&self) -> CheckoutSnapshot {
        self.read(CheckoutRecord::snapshot)
    }

    /// Where the payer pays.
    pub fn next_action(&self) -> NextAction {
        self.read(CheckoutRecord::next_action)
    }

    /// All attempts to pay, in order.
    pub fn payments(&self) -> Vec<Payment> {
        self.read(|record| record.payments.clone())
    }

    /// How often it was asked for.
    pub fn counts(&self) -> CheckoutCounts {
        self.read(|record| record.counts)
    }

    /// The body it was made from, byte for byte. It holds personal data.
    pub fn body(&self) -> Bytes {
        self.read(|record| record.bytes.clone())
    }

    /// By which ways the gateway tells the payer of it.
    pub fn notifies_payer(&self) -> PayerNotification {
        self.read(|record| record.body.notify_payer())
    }

    /// Whether the gateway reminds the payer.
    pub fn reminds_payer(&self) -> bool {
        self.read(|record| record.body.reminders)
    }

    /// The address at which the payer's browser comes back now; signed where that is declared.
    pub fn return_url(&self) -> Url {
        let capabilities = self.gateway.config().descriptor.capabilities;
        let secret = capabilities
            .signed_returns
            .then(|| self.gateway.secret_of(&self.account));
        self.read(|record| returns::address(record, secret.as_ref()))
    }

    /// Pays all that is left; once all is paid, all of it again. After an expiry or a cancellation
    /// it is a late payment, one that was begun before.
    pub fn pay(&self) -> FakePayment {
        self.attempt(self.read(CheckoutRecord::left), PaymentStatus::Succeeded)
    }

    /// Pays this much: an instalment, too much, or money of another currency.
    pub fn pay_amount(&self, amount: Money) -> FakePayment {
        self.attempt(amount, PaymentStatus::Succeeded)
    }

    /// Tries to pay and fails.
    pub fn fail(&self) -> FakePayment {
        self.attempt(self.read(CheckoutRecord::left), PaymentStatus::Failed)
    }

    /// Begins to pay; [`settle`](FakePayment::settle) or [`fail`](FakePayment::fail) the payment
    /// later.
    pub fn begin_payment(&self) -> FakePayment {
        self.attempt(self.read(CheckoutRecord::left), PaymentStatus::Pending)
    }

    /// Tries to pay so much, with this outcome; a word that nobody knows is one too.
    pub fn attempt(&self, amount: Money, status: PaymentStatus) -> FakePayment {
        let mut state = self.gateway.state();
        let id = state.new_payment_id();
        let payment = Payment::new(id.clone(), status, amount);
        state.attempt(&self.account, &self.reference, payment);
        drop(state);
        FakePayment::new(self.clone(), id)
    }

    /// Lets its time be over, whatever the clock says. What has ended already stays as it is.
    pub fn expire(&self) {
        let mut state = self.gateway.state();
        state.end(&self.account, &self.reference, CheckoutStatus::Expired);
    }

    /// Has the gateway say that it stands so, from now on and in a delivery: with a word that
    /// nobody knows, or paid with less paid than asked.
    pub fn report_status(&self, status: CheckoutStatus) {
        let mut state = self.gateway.state();
        if let Some(record) = state.find(&self.account, self.reference.as_str()) {
            record.claimed = Some(status);
        }
        state.tell_of_checkout(&self.account, &self.reference, None);
    }

    /// All deliveries about it so far, in the order in which they happened.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        self.gateway.deliveries_where(|delivery| {
            delivery.account == self.account && delivery.reference.as_ref() == Some(&self.reference)
        })
    }

    pub(super) fn deliveries_about(&self, payment: &PaymentId) -> Vec<FakeDelivery> {
        self.gateway.deliveries_where(|delivery| {
            delivery.account == self.account && delivery.payment.as_ref() == Some(payment)
        })
    }

    pub(super) fn payment(&self, id: &PaymentId) -> Payment {
        let mut payments = self.payments().into_iter();
        let own = payments.find(|payment| payment.id == *id);
        own.expect("payments are never removed")
    }

    pub(super) fn decide(&self, payment: &PaymentId, status: PaymentStatus) {
        let mut state = self.gateway.state();
        state.decide(&self.account, &self.reference, payment, status);
    }

    fn read<T>(&self, read: impl FnOnce(&CheckoutRecord) -> T) -> T {
        let mut state = self.gateway.state();
        let record = state.find(&self.account, self.reference.as_str());
        read(record.expect("checkouts are never removed"))
    }
}
