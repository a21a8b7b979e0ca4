//! The good specimen without a gateway to ask, under every case.

mod acme;
mod flaw;
mod gateway;
mod under_test;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| under_test::Acme::good(flaw::FeatureSet::InProcess))
}
