//! The subject of one call.

use std::sync::Arc;

use payment_provider_core::{Customer, PaymentProvider};

use crate::payable::Payable;
use crate::store::ConnectionRow;

/// A payable to be paid, and the customer and connection through which it is paid.
pub(super) struct Call<'a> {
    pub(super) payable: &'a Payable,
    pub(super) customer: Customer,
    pub(super) connection: ConnectionRow,
    pub(super) provider: Arc<dyn PaymentProvider>,
}
