//! The provider in memory passes the cases with nothing declared, too.

mod model;

use std::process::ExitCode;

use payment_provider_core::Capabilities;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| model::InMemory::with(Capabilities::default()))
}
