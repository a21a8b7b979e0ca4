//! The in-memory gateway, with and without scripted responses.

mod accounts;
mod capabilities;
mod checkouts;
mod deliveries;
mod fixture;
mod holds;
mod payer;
mod prepare;
mod privacy;
mod refunds;
mod scripts;
