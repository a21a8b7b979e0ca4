//! The provider in memory passes the cases like any other, with everything declared.

mod model;

use std::process::ExitCode;

use payment_provider_conformance::fake::FakeGateway;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| model::InMemory::with(FakeGateway::every_capability()))
}
