//! What an operator does with the real program, beside an application that serves, on either database.

#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod fixture;
#[cfg(unix)]
#[path = "../../../../crates/payment-provider-host/tests/server/mod.rs"]
mod server;
