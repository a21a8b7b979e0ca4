//! The types that most hosts name: `use payment_provider_host::prelude::*`.

pub use payment_provider_core::reexport::async_trait;
pub use payment_provider_core::{
    ConnectionCode, ConnectionSettings, Currency, Customer, CustomerId, Money, OrganizationId,
    ProviderId, ProviderRegistry,
};

pub use crate::checkouts::{NothingDue, PaymentUrl, PaymentUrlOutcome};
pub use crate::config::HostConfig;
pub use crate::connection_ref::ConnectionRef;
pub use crate::connections::NewConnection;
pub use crate::encryption::{EncryptionKey, EncryptionKeys};
pub use crate::error::{Error, ErrorKind};
pub use crate::host::Host;
pub use crate::ledger::{HandlerError, PayableChange, PaymentHandler};
pub use crate::payable::Payable;
pub use crate::payable_id::PayableId;
pub use crate::store::Transaction;
