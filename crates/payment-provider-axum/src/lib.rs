#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod routes;

pub use routes::{MAX_BODY_BYTES, webhook_routes};
