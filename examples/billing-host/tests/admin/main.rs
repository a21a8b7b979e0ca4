//! Behaviour of the administration commands: the real program runs beside a serving application, on
//! SQLite and on PostgreSQL.

#[cfg(unix)]
mod api_keys;
#[cfg(unix)]
mod fixture;
#[cfg(unix)]
mod help_and_errors;
#[cfg(unix)]
mod idempotency;
#[cfg(unix)]
mod inbox;
#[cfg(unix)]
mod ledger;
#[cfg(unix)]
mod rolling_upgrade;
#[cfg(unix)]
mod secrets;
#[cfg(unix)]
mod sign_outs;
#[cfg(unix)]
mod start_errors;
mod tls;
