//! The mutants: the provider with one flaw each, and the cases that catch it.

mod calls;
mod creation;
mod refunds;
mod setup;
mod status;
mod webhooks;

use crate::under_test::Acme;

#[derive(Clone, Copy)]
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Acme,
    /// The case that exists for this flaw.
    pub(crate) caught_by: &'static str,
    /// Other cases that fail with this flaw.
    pub(crate) also: &'static [&'static str],
}

/// Defines a mutant: name, features, flaw, the case that must catch it, and the others that do.
macro_rules! mutant {
    ($name:literal, $features:ident, $flaw:ident, $case:literal, [$($also:literal),*]) => {
        $crate::list::Mutant {
            name: $name,
            make: || {
                $crate::under_test::Acme($crate::flaw::Profile {
                    features: $crate::flaw::FeatureSet::$features,
                    flaw: Some($crate::flaw::Flaw::$flaw),
                })
            },
            caught_by: $case,
            also: &[$($also),*],
        }
    };
}
use mutant;

pub(crate) fn mutants() -> Vec<Mutant> {
    let groups = [
        setup::MUTANTS,
        creation::MUTANTS,
        calls::MUTANTS,
        status::MUTANTS,
        refunds::MUTANTS,
        webhooks::MUTANTS,
    ];
    groups.concat()
}
