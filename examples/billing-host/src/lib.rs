#![doc = include_str!("../README.md")]

mod api;
mod app;
mod cli;
mod customers;
mod database;
mod demo;
mod gateways;
mod invoices;
mod keys;
mod operate;
mod options;
mod pages;
mod problem;
mod program;
mod refusals;
mod routes;
mod seed;
mod state;
mod stop;
mod tables;
mod times;

pub use app::{BillingHost, Running, StartError};
pub use gateways::gateways;
pub use options::{Credentials, DatabasePlace, Gateway, Options, Seed};
pub use program::run_program;
