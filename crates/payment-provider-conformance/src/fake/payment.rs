use payment_provider_core::{Payment, PaymentId, PaymentStatus};

use super::checkout::FakeCheckout;
use super::delivery::FakeDelivery;

/// One attempt of a payer.
#[derive(Debug, Clone)]
pub struct FakePayment {
    checkout: FakeCheckout,
    id: PaymentId,
}

impl FakePayment {
    pub(super) const fn new(checkout: FakeCheckout, id: PaymentId) -> Self {
        Self { checkout, id }
    }

    /// The gateway's id.
    pub const fn id(&self) -> &PaymentId {
        &self.id
    }

    /// The payment as the gateway lists it.
    pub fn payment(&self) -> Payment {
        self.checkout.payment(&self.id)
    }

    /// Lets the money come in. It may do so long after the checkout ended.
    pub fn succeed(&self) -> &Self {
        self.set_status(PaymentStatus::Succeeded)
    }

    /// Lets the attempt come to nothing.
    pub fn fail(&self) -> &Self {
        self.set_status(PaymentStatus::Failed)
    }

    /// Lets the attempt come to this; each time is told.
    pub fn set_status(&self, status: PaymentStatus) -> &Self {
        self.checkout.decide(&self.id, status);
        self
    }

    /// All deliveries about this attempt so far: by two types of them, once money came in, of which
    /// one is about the payment and the other about the checkout. Both have the same effect.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        self.checkout.deliveries_about(&self.id)
    }
}
