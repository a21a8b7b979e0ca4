//! The good specimen with as little as a provider can have and still be asked, under every case.

mod acme;
mod flaw;
mod gateway;
mod under_test;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| under_test::Acme::good(flaw::FeatureSet::Minimal))
}
