//! What an operator does with the real program, beside an application that serves, on either database.

#[cfg(unix)]
mod books;
#[cfg(unix)]
#[path = "../../../../crates/payment-provider-host/tests/server/mod.rs"]
mod server;
#[cfg(unix)]
mod work;
