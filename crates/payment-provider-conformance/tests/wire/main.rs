//! The wire gateway, tested with an HTTP client and with plain TCP.

mod client;
mod faults;
mod paused_time;
mod raw_faults;
mod recording;
mod refused_connections;
mod scripts;
mod unreadable_requests;
