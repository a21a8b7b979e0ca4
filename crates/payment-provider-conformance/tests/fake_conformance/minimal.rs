//! The in-memory provider without capabilities passes all cases.

mod model;

use std::process::ExitCode;

use payment_provider_core::Capabilities;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| model::InMemory::with(Capabilities::default()))
}
