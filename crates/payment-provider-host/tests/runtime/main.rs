//! The tests of the host runtime, each on SQLite and on PostgreSQL; see [`gateway::database`].

#[macro_use]
mod gateway;

mod checkouts;
mod closing_payables;
mod connection_deletion;
mod connections;
mod customer_relinking;
mod event_order;
mod event_resolution;
mod external_tables;
mod gateway_outages;
mod gateways_without_status_api;
mod history;
mod inbox;
mod inbox_administration;
mod key_rotation;
mod leases;
mod ledger_audit;
mod manual_payments;
mod many_connections;
#[cfg(feature = "sqlite")]
mod mock_provider;
mod payment_aliases;
mod redundant_checkouts;
mod refund_dispute_events;
mod refunds;
mod settings_changes;
mod several_processes;
mod single_payable_checkout;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stale_duplicates;
mod tenancy;
mod transient_errors;
mod unusual_events;
mod write_offs;
