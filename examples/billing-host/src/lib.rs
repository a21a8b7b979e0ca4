#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod cli;
mod customers;
mod database;
mod demo;
mod gateways;
mod invoices;
mod keys;
mod options;
mod pages;
mod problem;
mod program;
mod routes;
mod seed;
mod shutdown_signal;
mod startup;
mod state;
mod tables;
mod timestamp;

pub use gateways::gateways;
pub use options::{Credentials, DatabasePlace, Gateway, Options, Seed};
pub use program::run_program;
pub use startup::{BillingHost, Running, StartError};
