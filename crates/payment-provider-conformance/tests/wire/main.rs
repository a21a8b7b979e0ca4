//! The gateway, seen by an HTTP client and by one that speaks TCP alone.

mod client;
mod faults;
mod paused_time;
mod raw_faults;
mod recording;
mod refusing;
mod scripts;
mod unreadable;
