//! Support for tests across processes: programs of this workspace, their HTTP APIs, and a proxy
//! that holds an answer back.

mod api;
mod program;
mod proxy;
mod stage;

pub use api::{Api, Control};
pub use program::{Output, Program};
pub use proxy::Proxy;
pub use stage::Stage;

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
