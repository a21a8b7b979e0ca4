#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod crash_point;

mod by_hand;
pub mod cash;
mod change_key;
mod checkouts;
mod connections;
#[cfg(feature = "failpoints")]
pub mod crash_points;
mod customers;
mod handler;
mod host;
mod inbox;
mod ledger;
mod payable;
mod refunds;
mod sealing;
mod settle;
mod statement;
mod store;
pub mod tables;
mod times;
mod verify;
mod write_off;

pub use by_hand::{HandBooked, HandBooking, HandError, HandName};
pub use change_key::ChangeKey;
pub use checkouts::{
    CheckoutError, CheckoutState, Closing, Departure, LeftCheckout, PaymentUrl, Refusal, UrlOrigin,
};
pub use connections::{
    Connection, ConnectionError, ConnectionKey, ConnectionPage, ConnectionUse, DeletionError,
    NewConnection, PlainSetting, Resealing, SecretSummary, SecretUse, SettingsChange,
    UnopenedConnection,
};
pub use customers::{CustomerError, LinkedCustomer, Linking, NewCustomerLink};
pub use handler::{Cause, HandlerError, PayableChange, PaymentHandler};
pub use host::{BuildError, Host, HostBuilder, HostConfig};
pub use inbox::{
    Delivery, DeliveryCursor, DeliveryDetail, DeliveryFilter, DeliveryPage, ParkError, Parking,
    Receipt, ReceiveError,
};
pub use payable::{
    HistoryEntry, KnownCheckout, KnownPayment, KnownRefund, Payable, PayableId, PayableView,
};
pub use sealing::{KeyFileError, KeyId, SealedText, SealingKey, SealingKeys, UnsealError};
pub use store::{DeliveryState, HistoryKind, Store, StoreError, Transaction};
#[cfg(feature = "postgres")]
pub use store::{InvalidSchemaName, SchemaName};
pub use verify::{About, CurrencyTotals, Finding, Invariant, LedgerReport, Stated};
pub use write_off::{WriteOff, WriteOffError, WrittenOff};
