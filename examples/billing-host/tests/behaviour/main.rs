//! What the application does for those who use it over HTTP, and as a program.

mod access;
mod bank_transfer;
mod connecting;
mod fixture;
mod input;
mod log;
mod moving;
mod pages;
mod payment_url;
mod program;
mod round_trip;
mod secrets;
mod shutdown;
