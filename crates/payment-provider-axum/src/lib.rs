#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod routes;
mod serve;

pub use routes::{MAX_BODY_BYTES, NoPublicUrl, webhook_routes, webhook_routes_at};
pub use serve::serve;
