//! The in-memory provider with every capability passes all cases.

mod model;

use std::process::ExitCode;

use payment_provider_conformance::fake::FakeGateway;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| model::InMemory::with(FakeGateway::every_capability()))
}
