//! The gateway in memory: honest by itself, and otherwise as a test has it.

mod accounts;
mod capabilities;
mod checkouts;
mod deliveries;
mod fixture;
mod holds;
mod payer;
mod prepare;
mod privacy;
mod scripts;
