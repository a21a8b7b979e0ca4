#![doc = include_str!("../README.md")]

#[macro_use]
mod crash_point;

pub mod accounting;
mod checkouts;
mod config;
mod connection_key;
mod connection_use;
mod connections;
#[cfg(feature = "failpoints")]
pub mod crash_points;
mod delivery_state;
mod encryption;
pub mod error;
mod host;
mod inbox;
mod ledger;
mod payable;
mod plain_setting;
mod reconcile;
mod store;
pub mod tables;
mod timestamp;
mod transient;
mod workflows;

pub use accounting::{
    Allocation, AllocationOutcome, AuditEvent, Balance, CheckoutState, CloseReason, PaymentProgress,
};
pub use checkouts::{NothingDue, PaymentUrl, PaymentUrlOutcome, UrlOrigin};
pub use config::HostConfig;
pub use connection_key::ConnectionKey;
pub use connection_use::ConnectionUse;
pub use connections::{
    Connection, ConnectionPage, KeyRotationReport, LinkedCustomer, NewConnection, NewCustomerLink,
    SecretSummary, SecretUse, SettingsChange, UndecryptableConnection,
};
pub use delivery_state::DeliveryState;
pub use encryption::{
    Ciphertext, DecryptError, EncryptionKey, EncryptionKeys, KeyFileError, KeyId,
};
pub use error::{Conflict, Entity, Error, ErrorKind, Refusal};
pub use host::{Host, HostBuilder};
pub use inbox::{
    Delivery, DeliveryCursor, DeliveryDetail, DeliveryFilter, DeliveryPage, ParkOutcome, Receipt,
};
pub use ledger::audit::{About, CurrencyTotals, Finding, Invariant, LedgerReport, Stated};
pub use ledger::{Cause, ChangeKey, HandlerError, PayableChange, PaymentHandler};
pub use payable::{
    HistoryLine, KnownCheckout, KnownPayment, KnownRefund, Payable, PayableId, PayableView,
};
pub use plain_setting::PlainSetting;
#[cfg(feature = "postgres")]
pub use store::{InvalidSchemaName, SchemaName};
pub use store::{Store, Transaction};
pub use workflows::{
    CloseOutcome, LinkOutcome, ManualPayment, OpenCheckout, PaymentIdentity, RecordedPayment,
    UnlinkOutcome, WriteOff, WriteOffReport,
};
