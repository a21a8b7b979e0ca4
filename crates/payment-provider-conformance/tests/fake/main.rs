//! The gateway in memory: honest by itself, and otherwise as a test has it.

mod accounts;
mod bench;
mod capabilities;
mod checkouts;
mod deliveries;
mod holds;
mod payer;
mod preflight;
mod privacy;
mod scripts;
