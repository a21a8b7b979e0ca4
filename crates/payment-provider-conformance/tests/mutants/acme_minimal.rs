//! The correct provider with status inquiry only passes every case.

mod acme;
mod credentials;
mod flaw;
mod gateway;
mod under_test;

use std::process::ExitCode;

fn main() -> ExitCode {
    payment_provider_conformance::run(|| under_test::Acme::correct(flaw::FeatureSet::Minimal))
}
