//! The gateway, seen by an HTTP client and by one that speaks TCP alone.

mod client;
mod faults;
mod paused_time;
mod raw_faults;
mod recording;
mod refused_connections;
mod scripts;
mod unreadable_requests;
