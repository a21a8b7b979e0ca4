use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use payment_provider_core::{
    CheckoutLocator, Operation, Payment, PaymentId, PaymentStatus, ProviderDescriptor,
    ProviderError, Refund, RefundInquiry,
};
use payment_provider_http::json;
use payment_provider_http::{CallError, Deadline, GatewayClient, Request};

use super::entity::Entity;
use crate::config::RazorpayConfig;
use crate::pages::{self, Entry, FirstPage};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::ListRefunds;

impl Entry for Refund {
    const ID: &'static str = "unique refund.id";

    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    fn agrees(&self, other: &Self) -> bool {
        self.amount == other.amount && self.payment_id == other.payment_id
    }
}

/// The queries of refunds of one account.
pub(crate) struct Inquiry {
    descriptor: Arc<ProviderDescriptor>,
    config: Arc<RazorpayConfig>,
    gateway: Arc<GatewayClient>,
}

impl Inquiry {
    pub(crate) const fn new(
        descriptor: Arc<ProviderDescriptor>,
        config: Arc<RazorpayConfig>,
        gateway: Arc<GatewayClient>,
    ) -> Self {
        Self {
            descriptor,
            config,
            gateway,
        }
    }
}

#[async_trait]
impl RefundInquiry for Inquiry {
    /// Asks for the refunds of each payment that brought money, because the record of a payment that
    /// the host has does not show if there are any.
    async fn list_refunds(
        &self,
        _: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let deadline = Deadline::after(self.config.http.operation_deadline());
        let listed = of_payments(&self.gateway, payments, deadline).await;
        listed.map_err(|error| error.into_provider_error(OPERATION, self.descriptor.id.clone()))
    }
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquiry").finish_non_exhaustive()
    }
}

async fn of_payments(
    gateway: &GatewayClient,
    payments: &[Payment],
    deadline: Deadline,
) -> Result<Vec<Refund>, CallError> {
    let mut asked: Vec<&PaymentId> = Vec::new();
    let mut refunds = Vec::new();
    for payment in payments {
        if payment.status == PaymentStatus::Succeeded && !asked.contains(&&payment.id) {
            asked.push(&payment.id);
            refunds.extend(of_payment(gateway, payment, deadline).await?);
        }
    }
    Ok(refunds)
}

/// Returns the refunds of one payment. A refund that names another payment is left out.
async fn of_payment(
    gateway: &GatewayClient,
    payment: &Payment,
    deadline: Deadline,
) -> Result<Vec<Refund>, CallError> {
    let id = payment.id.as_str();
    let request = || Request::new(OPERATION, Razorpay::PaymentRefunds(id));
    let mut refunds = pages::all(gateway, request, FirstPage::Largest, deadline, |raw| {
        let entity: Entity<'_> = json::object("items", Some(raw))?;
        let mut refund: Refund = entity.refund_of_payment(payment)?;
        refund.payment_id.get_or_insert_with(|| payment.id.clone());
        refund.order_id.clone_from(&payment.order_id);
        Ok(refund)
    })
    .await?;
    refunds.retain(|refund| refund.payment_id.as_ref() == Some(&payment.id));
    Ok(refunds)
}
