//! The good specimen without a gateway to ask, under every case.

mod acorn;
mod flaw;
mod gateway;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| subject::Acorn::good(flaw::Flavour::Local))
}
