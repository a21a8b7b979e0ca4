//! The good specimen with everything a provider can have, under every case of the kit.

mod acme;
mod flaw;
mod gateway;
mod under_test;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| under_test::Acme::good(flaw::FeatureSet::Full))
}
