//! Behaviour of the runtime, one module a topic.
//!
//! Most tests run on both databases. The tests of one topic on PostgreSQL:
//! `cargo nextest run -p payment-provider-host --all-features inbox_workers::postgres`.

mod fixture;
mod gateway;

mod checkouts;
#[cfg(feature = "failpoints")]
mod claim_crashes;
mod claims;
mod clock_changes;
mod connection_deletion;
mod connections;
mod contradictory_reports;
mod customer_details;
mod customer_moves;
mod delivery_retries;
mod disputes;
mod durable_cancels;
mod encryption_key_rotation;
mod event_order;
mod event_targets;
mod follow_up_events;
mod gateway_outages;
mod gateways_without_status_api;
mod handler_tables_in_another_database;
mod history;
mod inbox_administration;
mod inbox_workers;
mod installation_key;
mod isolation;
mod late_duplicates;
mod leases;
mod ledger_audit;
#[cfg(feature = "postgres")]
mod lock_order;
mod long_lists;
mod manual_payments;
mod manually_recorded_payments;
mod many_connections;
#[cfg(feature = "sqlite")]
mod mock_provider;
mod one_payable_link;
mod payable_closing;
mod payment_aliases;
mod payment_attribution;
mod payment_lists;
mod payment_reports;
#[cfg(feature = "postgres")]
mod postgres_server;
mod redundant_checkouts;
mod refund_outages;
mod refunds;
mod refused_deliveries;
mod retention;
mod secret_binding;
mod settings_changes;
mod several_processes;
#[cfg(feature = "sqlite")]
mod sqlite_store;
mod tenancy;
mod transient_errors;
mod unknown_keys;
mod unreadable_deliveries;
mod webhook_verification;
mod write_offs;
