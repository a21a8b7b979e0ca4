#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod routes;

pub use routes::{MAX_BODY_BYTES, NoPublicUrl, webhook_routes, webhook_routes_at};
