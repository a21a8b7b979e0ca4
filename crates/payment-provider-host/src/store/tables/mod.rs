//! The tables, one file each: the row, its columns, and every statement on them.
//!
//! The operations that change a connection, an inbox delivery or a customer link by themselves are
//! methods of [`Store`](super::Store), each a transaction. The others are methods of
//! [`Transaction`](super::Transaction), so that several of them become durable together.

pub(super) mod cancels;
pub(super) mod checkouts;
pub(super) mod connection_deletion;
pub(super) mod connection_secrets;
pub(super) mod connections;
pub(super) mod customers;
pub(super) mod dedup_keys;
pub(super) mod deliveries;
mod delivery_ends;
mod delivery_intake;
pub(super) mod delivery_leases;
pub(super) mod delivery_pages;
mod delivery_parking;
pub(super) mod delivery_retention;
pub(super) mod disputes;
pub(super) mod history;
mod installation;
pub(super) mod key_uses;
pub(super) mod payables;
pub(super) mod payments;
pub(super) mod refunds;
pub(super) mod refused_deliveries;
pub(super) mod unmatched_targets;

pub(crate) use cancels::CancelRow;
pub(crate) use checkouts::OpenCheckoutRow;
pub(crate) use connection_deletion::{ConnectionUseRow, Deletion};
pub(crate) use connection_secrets::SecretUseRow;
pub(crate) use connections::{ConnectionRow, Inserted, WalkedConnection};
pub(crate) use customers::CustomerRow;
pub(crate) use deliveries::DeliveryRow;
pub(crate) use delivery_ends::{DeliveryEnd, Postponement};
pub(crate) use delivery_intake::Received;
pub(crate) use delivery_pages::InboxPage;
pub(crate) use delivery_parking::ParkOutcome;
pub(crate) use delivery_retention::DropClass;
pub(crate) use installation::DeliveryHashKey;
pub(crate) use refused_deliveries::RefusedRow;

/// Returns the columns from which the rows of a table are read.
pub(super) fn columns(table: &str) -> &'static [&'static str] {
    match table {
        "cancels" => cancels::COLUMNS,
        "checkouts" => checkouts::COLUMNS,
        "connections" => connections::COLUMNS,
        "connection_secrets" => connection_secrets::COLUMNS,
        "customers" => customers::COLUMNS,
        "deliveries" => deliveries::COLUMNS,
        "disputes" => disputes::COLUMNS,
        "history" => history::COLUMNS,
        "payables" => payables::COLUMNS,
        "payments" => payments::COLUMNS,
        "refunds" => refunds::COLUMNS,
        "refused_deliveries" => refused_deliveries::COLUMNS,
        _ => &[],
    }
}
