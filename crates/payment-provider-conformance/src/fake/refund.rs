use payment_provider_core::{CheckoutReference, Refund, RefundId, RefundStatus};

use super::delivery::FakeDelivery;
use super::handle::GatewayHandle;
use super::settings::AccountKey;
use super::state::Subject;

/// A refund of a payment, made by [`FakePayment::refund`](super::FakePayment::refund).
///
/// # Examples
/// ```
/// # use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
/// # use payment_provider_core::{
/// #     CheckoutReference, CheckoutRequest, Customer, CustomerId, PaymentProvider,
/// # };
/// use payment_provider_conformance::fake::FakeGateway;
/// use payment_provider_core::{Currency, Money, RefundStatus};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gateway = FakeGateway::new();
/// # let provider = gateway.connect("main");
/// # let request = CheckoutRequest::new(
/// #     CheckoutReference::new("inv-1")?,
/// #     Money::from_decimal("200.12", Currency::INR)?,
/// #     "Invoice 1",
/// #     Customer::new(CustomerId::new("customer-7")?),
/// #     Timestamp::now() + SignedDuration::from_hours(1),
/// # );
/// # provider.create_checkout(&provider.prepare_checkout(&request)?).await?;
/// // A host has created the checkout `inv-1` for INR 200.12.
/// let payment = gateway.checkout("inv-1").pay();
/// let refund = payment.refund(Money::from_decimal("50.00", Currency::INR)?);
/// assert_eq!(refund.refund().status, RefundStatus::Succeeded);
/// assert_eq!(refund.deliveries().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FakeRefund {
    gateway: GatewayHandle,
    account: AccountKey,
    reference: CheckoutReference,
    id: RefundId,
}

impl FakeRefund {
    pub(super) const fn new(
        gateway: GatewayHandle,
        account: AccountKey,
        reference: CheckoutReference,
        id: RefundId,
    ) -> Self {
        Self {
            gateway,
            account,
            reference,
            id,
        }
    }

    /// Returns the gateway's refund id.
    pub const fn id(&self) -> &RefundId {
        &self.id
    }

    /// Returns the refund as the gateway lists it.
    ///
    /// # Panics
    ///
    /// If the gateway no longer has the refund, which is a defect of this fake: it never removes one.
    pub fn refund(&self) -> Refund {
        let mut state = self.gateway.state();
        let record = state.find(&self.account, self.reference.as_str());
        let mut refunds = record.map_or([].iter(), |record| record.refunds.iter());
        let found = refunds.find(|refund| refund.id == self.id);
        found.expect("refunds are never removed").clone()
    }

    /// Sets the status of the refund, and reports it in a delivery.
    pub fn set_status(&self, status: RefundStatus) -> &Self {
        let mut state = self.gateway.state();
        state.set_refund_status(&self.account, &self.reference, &self.id, status);
        drop(state);
        self
    }

    /// Returns all deliveries about the refund so far: one for each status.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        let subject = Some(Subject::Refund(self.id.clone()));
        FakeDelivery::matching(&self.gateway, |delivery| {
            delivery.account == self.account && delivery.subject == subject
        })
    }
}
