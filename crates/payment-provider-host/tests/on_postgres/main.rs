//! The tests of the runtime once more, on PostgreSQL: the very same functions, with another store
//! beneath (see `gateway/store.rs`).

#![cfg(feature = "postgres")]
#![allow(
    clippy::duplicate_mod,
    reason = "each of these files is a test program as well"
)]

#[path = "../aliases.rs"]
mod aliases;
#[path = "../any_order.rs"]
mod any_order;
#[path = "../checkouts.rs"]
mod checkouts;
#[path = "../claim_crashes.rs"]
mod claim_crashes;
#[path = "../claims.rs"]
mod claims;
#[path = "../closing.rs"]
mod closing;
#[path = "../connections.rs"]
mod connections;
#[path = "../contradictory_reports.rs"]
mod contradictory_reports;
#[path = "../customer_moves.rs"]
mod customer_moves;
#[path = "../deleting.rs"]
mod deleting;
#[path = "../delivery_retries.rs"]
mod delivery_retries;
#[path = "../encryption_key_rotation.rs"]
mod encryption_key_rotation;
#[path = "../follow_up_events.rs"]
mod follow_up_events;
#[path = "../gateway_outages.rs"]
mod gateway_outages;
#[path = "../gateways_without_status_api.rs"]
mod gateways_without_status_api;
#[path = "../handler_tables_in_another_database.rs"]
mod handler_tables_in_another_database;
#[path = "../inbox.rs"]
mod inbox;
#[path = "../inbox_administration.rs"]
mod inbox_administration;
#[path = "../late_duplicates.rs"]
mod late_duplicates;
#[path = "../leases.rs"]
mod leases;
#[path = "../ledger_audit.rs"]
mod ledger_audit;
mod lock_order;
#[path = "../manual_payments.rs"]
mod manual_payments;
#[path = "../manually_recorded_payments.rs"]
mod manually_recorded_payments;
#[path = "../many_connections.rs"]
mod many_connections;
#[path = "../one_payable_link.rs"]
mod one_payable_link;
#[path = "../payment_attribution.rs"]
mod payment_attribution;
#[path = "../payment_lists.rs"]
mod payment_lists;
#[path = "../redundant_checkouts.rs"]
mod redundant_checkouts;
#[path = "../refunds.rs"]
mod refunds;
#[path = "../settings_changes.rs"]
mod settings_changes;
#[path = "../several_processes.rs"]
mod several_processes;
#[path = "../tenancy.rs"]
mod tenancy;
#[path = "../timeline.rs"]
mod timeline;
#[path = "../transient_errors.rs"]
mod transient_errors;
#[path = "../write_offs.rs"]
mod write_offs;
