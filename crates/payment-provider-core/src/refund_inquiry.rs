use std::fmt;

use async_trait::async_trait;

use crate::{CheckoutLocator, Payment, ProviderError, Refund};

/// Queries of refunds, for a gateway that has them.
///
/// Returned by [`PaymentProvider::refund_inquiry`](crate::PaymentProvider::refund_inquiry).
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     CheckoutLocator, PaymentProvider, ProviderError, Refund, RefundStatus,
/// };
///
/// /// Returns the refunds of a checkout that returned money.
/// async fn returned(
///     provider: &dyn PaymentProvider,
///     checkout: &CheckoutLocator,
/// ) -> Result<Vec<Refund>, ProviderError> {
///     let Some(inquiry) = provider.refund_inquiry() else {
///         return Ok(Vec::new());
///     };
///     let payments = provider.list_payments(checkout).await?;
///     let mut refunds = inquiry.list_refunds(checkout, &payments).await?;
///     refunds.retain(|refund| refund.status == RefundStatus::Succeeded);
///     Ok(refunds)
/// }
/// ```
#[async_trait]
pub trait RefundInquiry: fmt::Debug + Send + Sync {
    /// Lists all refunds of these payments of a checkout, in every status, by the gateway's own ids.
    ///
    /// `payments` are those that [`list_payments`](crate::PaymentProvider::list_payments) returned
    /// for the checkout: gateways list refunds by payment or by order. Payments that brought no
    /// money are skipped.
    ///
    /// **Contract.** Returns every refund exactly once, over all pages, or an error: the host
    /// records refunds from this list. Without such payments no request is sent. A refund of
    /// another order or payment is left out.
    ///
    /// **Errors.** Also if one refund of the response cannot be read: an incomplete list is never
    /// returned.
    ///
    /// **Cancellation.** Dropping the future has no lasting effect.
    async fn list_refunds(
        &self,
        checkout: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError>;
}
