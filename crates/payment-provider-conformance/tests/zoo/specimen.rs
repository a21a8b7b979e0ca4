//! The good specimen with everything a provider can have, under every case of the kit.

mod acorn;
mod flaw;
mod gateway;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| subject::Acorn::good(flaw::Flavour::Rich))
}
