//! One thing that a provider has to get right: what it is called, why, and when it applies.

pub(crate) mod contract;
mod requirement;

pub use requirement::Requirement;

use std::fmt;
use std::pin::Pin;

use payment_provider_core::ProviderDescriptor;

use crate::failure::CaseResult;
use crate::fixture::Fixture;
use crate::harness::Transport;

pub(crate) type Run = fn(Fixture) -> Pin<Box<dyn Future<Output = CaseResult>>>;

/// One thing that a provider has to get right.
#[derive(Clone, Copy)]
pub struct Case {
    /// Stable: `group.what-is-right`.
    pub id: &'static str,
    /// Why it matters, in one line.
    pub reason: &'static str,
    /// The part of the contract that demands it.
    pub contract_url: &'static str,
    /// What has to be declared for it to apply.
    pub requirements: &'static [Requirement],
    pub(crate) run: Run,
}

impl Case {
    /// Why it does not apply to this provider; `None` if it does.
    pub fn unmet(
        &self,
        descriptor: &ProviderDescriptor,
        transport: Transport,
    ) -> Option<&'static str> {
        let mut requirements = self.requirements.iter();
        requirements.find_map(|need| need.unmet(descriptor, transport))
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

/// A case whose code is the function of this path.
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
