use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::{
    CheckoutLocator, Operation, Payment, ProviderError, ProviderId, Refund, RefundInquiry,
};

use super::list::list;
use crate::transport::{Deadline, GatewayClient};

/// The queries of refunds of one merchant account.
pub(crate) struct RefundQueries {
    provider: ProviderId,
    gateway: Arc<GatewayClient>,
    limit: Duration,
}

impl RefundQueries {
    /// Creates the queries of an account, each of which takes at most `limit`.
    pub(crate) const fn new(
        provider: ProviderId,
        gateway: Arc<GatewayClient>,
        limit: Duration,
    ) -> Self {
        Self {
            provider,
            gateway,
            limit,
        }
    }
}

#[async_trait]
impl RefundInquiry for RefundQueries {
    async fn list_refunds(
        &self,
        _checkout: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let deadline = Deadline::after(self.limit);
        list(&self.gateway, payments, deadline)
            .await
            .map_err(|error| {
                error.into_provider_error(Operation::ListRefunds, self.provider.clone())
            })
    }
}

impl fmt::Debug for RefundQueries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefundQueries").finish_non_exhaustive()
    }
}
