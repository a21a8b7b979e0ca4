use bytes::Bytes;
use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, CheckoutSnapshot, CheckoutStatus, EventTarget,
    Fingerprint, GatewayCheckoutId, Money, NextAction, OrderId, Payment, PaymentStatus, Refund,
};
use url::Url;

use super::body::CheckoutBody;
use super::config::url;
use super::counts::CheckoutCounts;

/// A checkout as the gateway stores it.
pub(super) struct CheckoutRecord {
    pub(super) body: CheckoutBody,
    /// The request body, byte for byte.
    pub(super) bytes: Bytes,
    /// The requested amount. It differs from the body's amount if a scripted response says so.
    pub(super) amount: Money,
    pub(super) gateway_id: GatewayCheckoutId,
    pub(super) order_id: OrderId,
    /// The final status of a checkout that ended without being paid.
    pub(super) ended: Option<CheckoutStatus>,
    /// The status that the gateway reports instead of the actual one.
    pub(super) reported: Option<CheckoutStatus>,
    pub(super) payments: Vec<Payment>,
    /// The refunds of all payments, in order.
    pub(super) refunds: Vec<Refund>,
    pub(super) counts: CheckoutCounts,
}

impl CheckoutRecord {
    pub(super) const fn reference(&self) -> &CheckoutReference {
        &self.body.reference
    }

    /// Returns the paid amount. Payments in another currency are not counted.
    pub(super) fn paid(&self) -> Money {
        let received = self
            .payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded);
        received.fold(Money::zero(self.amount.currency()), |sum, payment| {
            sum.checked_add(payment.amount).unwrap_or(sum)
        })
    }

    /// Returns the unpaid amount, or the full amount if the checkout is paid.
    pub(super) fn remaining(&self) -> Money {
        match self.amount.checked_sub(self.paid()) {
            Ok(remaining) if remaining.is_positive() => remaining,
            _ => self.amount,
        }
    }

    pub(super) fn status(&self) -> CheckoutStatus {
        if let Some(status) = self.reported.as_ref().or(self.ended.as_ref()) {
            return status.clone();
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
        NextAction::Redirect(url(&format!(
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

    /// Returns the gateway id of the locator if it differs from the one of this checkout.
    pub(super) fn other_id<'a>(
        &self,
        locator: &'a CheckoutLocator,
    ) -> Option<&'a GatewayCheckoutId> {
        let known = locator.gateway_id.as_ref()?;
        (*known != self.gateway_id).then_some(known)
    }

    /// Returns the page that the payer's browser returns to, without the return parameters.
    pub(super) fn return_page(&self) -> Url {
        let own = || url("https://pay.fake.example/thanks");
        self.body.return_url.clone().unwrap_or_else(own)
    }
}
