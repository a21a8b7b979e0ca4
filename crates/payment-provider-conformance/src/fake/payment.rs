use payment_provider_core::{
    CheckoutReference, Money, Payment, PaymentId, PaymentStatus, Refund, RefundStatus,
};

use super::delivery::FakeDelivery;
use super::handle::GatewayHandle;
use super::refund::FakeRefund;
use super::settings::AccountKey;
use super::state::Subject;

/// One payment attempt of a payer.
#[derive(Debug, Clone)]
pub struct FakePayment {
    gateway: GatewayHandle,
    account: AccountKey,
    reference: CheckoutReference,
    id: PaymentId,
}

impl FakePayment {
    pub(super) const fn new(
        gateway: GatewayHandle,
        account: AccountKey,
        reference: CheckoutReference,
        id: PaymentId,
    ) -> Self {
        Self {
            gateway,
            account,
            reference,
            id,
        }
    }

    /// Returns the gateway's payment id.
    pub const fn id(&self) -> &PaymentId {
        &self.id
    }

    /// Returns the payment as the gateway lists it.
    ///
    /// # Panics
    ///
    /// If the gateway no longer has the payment, which is a defect of this fake: it never removes one.
    pub fn payment(&self) -> Payment {
        let mut state = self.gateway.state();
        let record = state.find(&self.account, self.reference.as_str());
        let mut payments = record.map_or([].iter(), |record| record.payments.iter());
        let found = payments.find(|payment| payment.id == self.id);
        found.expect("payments are never removed").clone()
    }

    /// Completes the payment. The checkout may have ended long before.
    pub fn succeed(&self) -> &Self {
        self.set_status(PaymentStatus::Succeeded)
    }

    /// Fails the payment.
    pub fn fail(&self) -> &Self {
        self.set_status(PaymentStatus::Failed)
    }

    /// Sets the status of the payment, and reports it in a delivery.
    pub fn set_status(&self, status: PaymentStatus) -> &Self {
        let mut state = self.gateway.state();
        state.set_payment_status(&self.account, &self.reference, &self.id, status);
        drop(state);
        self
    }

    /// Returns this amount to the payer, as a merchant does in a gateway's dashboard. Amounts are not
    /// validated.
    pub fn refund(&self, amount: Money) -> FakeRefund {
        self.refund_with_status(amount, RefundStatus::Succeeded)
    }

    /// Starts a refund of this amount with this status, which may be an unknown one.
    pub fn refund_with_status(&self, amount: Money, status: RefundStatus) -> FakeRefund {
        let mut state = self.gateway.state();
        let id = state.new_refund_id();
        let mut refund = Refund::new(id.clone(), status, amount);
        refund.payment_id = Some(self.id.clone());
        state.add_refund(&self.account, &self.reference, refund);
        drop(state);
        FakeRefund::new(
            self.gateway.clone(),
            self.account.clone(),
            self.reference.clone(),
            id,
        )
    }

    /// Returns all deliveries about the payment so far. A successful payment is reported by two
    /// types of deliveries, one about the payment and one about the checkout, with the same dedup
    /// key.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        let subject = Some(Subject::Payment(self.id.clone()));
        FakeDelivery::matching(&self.gateway, |delivery| {
            delivery.account == self.account && delivery.subject == subject
        })
    }
}
