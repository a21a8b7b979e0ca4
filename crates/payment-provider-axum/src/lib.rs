#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod body;
mod limits;
mod log;
mod log_limit;
mod routes;
mod serve;
mod server;

pub use body::MAX_BODY_BYTES;
pub use limits::Limits;
pub use routes::{NoPublicUrl, webhook_routes, webhook_routes_at};
pub use serve::serve;
pub use server::serve_routes;
