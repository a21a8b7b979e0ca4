//! Support for tests across processes: programs of this workspace, their HTTP APIs, a proxy that holds a response back,
//! a browser, and Cashfree's own SDK.

mod api;
mod browser;
mod database;
mod program;
mod proxy;
mod python;
mod server_database;
mod stage;

pub use api::{Api, Control};
pub use browser::{Browser, Fault, Key, Place, Screen, Scripts};
pub use database::Database;
pub use program::{Output, Program};
pub use proxy::Proxy;
pub use python::Sdk;
pub use server_database::ServerDatabase;
pub use stage::{Asked, Stage};

/// The README as a doctest: its code must compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
