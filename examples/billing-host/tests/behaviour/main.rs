//! Behaviour of the application over HTTP and of the program.

mod access;
mod attention;
mod bank_transfer;
mod captured_log;
mod connection_lifecycle;
mod connections;
mod fixture;
mod lists;
mod pages;
mod payment_url;
mod program;
mod round_trip;
mod secrets;
mod shutdown;
mod validation;
