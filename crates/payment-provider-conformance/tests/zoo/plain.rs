//! The good specimen with as little as a provider can have and still be asked, under every case.

mod acorn;
mod flaw;
mod gateway;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| subject::Acorn::good(flaw::Flavour::Plain))
}
