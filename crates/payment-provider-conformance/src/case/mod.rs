//! A test case: one requirement of the contract, its reason, and the conditions under which it
//! applies.

pub(crate) mod contract;
mod requirement;

pub use requirement::Requirement;

use std::fmt;
use std::pin::Pin;

use payment_provider_core::ProviderDescriptor;

use crate::failure::CaseResult;
use crate::fixture::Fixture;
use crate::harness::HarnessAbilities;

pub(crate) type Run = fn(Fixture) -> Pin<Box<dyn Future<Output = CaseResult>>>;

/// A test case: one requirement that a provider has to meet.
#[derive(Clone, Copy)]
pub struct Case {
    /// Stable identifier, `group.behaviour`.
    pub id: &'static str,
    /// The reason for the requirement, in one line.
    pub reason: &'static str,
    /// Link to the part of the contract that states the requirement.
    pub contract_url: &'static str,
    /// Conditions on the provider's declarations and on the harness. The case applies if all of them hold.
    pub requirements: &'static [Requirement],
    pub(crate) run: Run,
}

impl Case {
    /// Returns the reason why the case does not apply to this provider and harness, or `None` if it applies.
    pub fn unmet(
        &self,
        descriptor: &ProviderDescriptor,
        harness: HarnessAbilities,
    ) -> Option<&'static str> {
        let mut requirements = self.requirements.iter();
        requirements.find_map(|need| need.unmet(descriptor, harness))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("requirements", &self.requirements)
            .finish_non_exhaustive()
    }
}

/// Defines a case that runs the function at this path.
macro_rules! case {
    ($id:literal, $contract_url:expr, [$($need:ident),*], $reason:literal, $run:path) => {
        $crate::case::Case {
            id: $id,
            reason: $reason,
            contract_url: $contract_url,
            requirements: &[$($crate::case::Requirement::$need),*],
            run: |fixture| Box::pin($run(fixture)),
        }
    };
}
pub(crate) use case;
