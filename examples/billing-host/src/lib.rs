#![doc = include_str!("../README.md")]

mod access;
mod admin;
mod api;
mod api_keys;
mod cleanup;
mod cli;
mod connection_creation;
mod connection_list;
mod customers;
mod database;
mod database_argument;
mod demo;
mod encryption_key;
mod gateways;
mod idempotency;
mod invoices;
mod list_position;
mod options;
mod pages;
mod problem;
mod program;
mod routes;
mod secret_draft;
mod seed;
mod session;
mod session_table;
mod shutdown_signal;
mod startup;
mod state;
mod tables;
mod timestamp;
mod validation;

pub use gateways::{GatewayAddresses, gateways};
pub use options::{Credentials, DatabaseLocation, GatewayTarget, Options, Seed};
pub use program::run_program;
pub use startup::{BillingHost, Running, StartError};
