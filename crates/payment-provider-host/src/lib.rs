#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod accounting;
pub mod checkouts;
mod config;
mod connection_ref;
mod connection_use;
pub mod connections;
mod crash_point;
#[cfg(feature = "failpoints")]
pub mod crash_points;
mod delivery_state;
pub mod encryption;
pub mod error;
mod host;
pub mod inbox;
pub mod ledger;
pub mod page;
pub mod payable;
mod payable_id;
mod plain_setting;
pub mod prelude;
mod reconcile;
mod refusal_reason;
mod store;
pub mod tables;
mod timestamp;
mod transient;
pub mod workflows;

pub use config::{HostConfig, IntakeLimit};
pub use connection_ref::ConnectionRef;
pub use error::{Error, ErrorKind};
pub use host::{Host, HostBuilder};
pub use payable_id::PayableId;
#[cfg(feature = "postgres")]
pub use store::{InvalidSchemaName, SchemaName};
pub use store::{Store, Transaction};
