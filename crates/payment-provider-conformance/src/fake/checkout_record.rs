use bytes::Bytes;
use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, CheckoutSnapshot, CheckoutStatus, EventTarget,
    Fingerprint, GatewayCheckoutId, Money, NextAction, OrderId, Payment, PaymentStatus,
};
use url::Url;

use super::body::CheckoutBody;
use super::builder::address;
use super::checkout::CheckoutCounts;

/// A checkout as the gateway keeps it.
pub(super) struct CheckoutRecord {
    pub(super) body: CheckoutBody,
    /// The body as it came.
    pub(super) bytes: Bytes,
    /// What it asks for; the body's amount, unless the gateway was told to make another.
    pub(super) amount: Money,
    pub(super) gateway_id: GatewayCheckoutId,
    pub(super) order_id: OrderId,
    /// How it ended, if it did so without being paid.
    pub(super) ended: Option<CheckoutStatus>,
    /// What the gateway says of it, whatever is true.
    pub(super) claimed: Option<CheckoutStatus>,
    pub(super) payments: Vec<Payment>,
    pub(super) counts: CheckoutCounts,
}

impl CheckoutRecord {
    pub(super) const fn reference(&self) -> &CheckoutReference {
        &self.body.reference
    }

    /// What was paid. Money of another currency counts for nothing here, as it does not add up.
    pub(super) fn paid(&self) -> Money {
        let received = self
            .payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded);
        received.fold(Money::zero(self.amount.currency()), |sum, payment| {
            sum.checked_add(payment.amount).unwrap_or(sum)
        })
    }

    /// What a payer is asked for who pays all that is left; once all is paid, all of it again.
    pub(super) fn left(&self) -> Money {
        match self.amount.checked_sub(self.paid()) {
            Ok(left) if left.is_positive() => left,
            _ => self.amount,
        }
    }

    pub(super) fn status(&self) -> CheckoutStatus {
        if let Some(said) = self.claimed.as_ref().or(self.ended.as_ref()) {
            return said.clone();
        }
        let paid = self.paid();
        if paid.minor_units() >= self.amount.minor_units() {
            CheckoutStatus::Paid
        } else if paid.is_positive() {
            CheckoutStatus::PartiallyPaid
        } else {
            CheckoutStatus::Open
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }

    pub(super) fn next_action(&self) -> NextAction {
        if !self.status().is_payable() {
            return NextAction::None;
        }
        NextAction::Redirect(address(&format!(
            "https://pay.fake.example/{}",
            self.gateway_id
        )))
    }

    pub(super) fn view(&self) -> Checkout {
        let mut view = Checkout::new(
            self.reference().clone(),
            self.status(),
            self.amount,
            self.next_action(),
        );
        view.gateway_id = Some(self.gateway_id.clone());
        view.amount_paid = self.paid();
        view.expires_at = Some(self.body.expires_at);
        view.fingerprint = Some(self.fingerprint());
        view
    }

    pub(super) fn target(&self) -> EventTarget {
        EventTarget::none()
            .with_reference(Some(self.reference().clone()))
            .with_gateway_id(Some(self.gateway_id.clone()))
            .with_order_id(Some(self.order_id.clone()))
    }

    pub(super) fn snapshot(&self) -> CheckoutSnapshot {
        CheckoutSnapshot::new(self.status(), self.amount, self.paid())
    }

    /// The gateway's id that a host has, if it is not the one of this checkout.
    pub(super) fn other_id<'a>(
        &self,
        locator: &'a CheckoutLocator,
    ) -> Option<&'a GatewayCheckoutId> {
        let known = locator.gateway_id.as_ref()?;
        (*known != self.gateway_id).then_some(known)
    }

    /// The page a payer's browser goes to afterwards, before anything is added to it.
    pub(super) fn return_page(&self) -> Url {
        let own = || address("https://pay.fake.example/thanks");
        self.body.return_url.clone().unwrap_or_else(own)
    }
}
