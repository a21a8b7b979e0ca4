//! One thing that a provider has to get right: what it is called, why, and when it applies.

mod need;
mod section;
mod verdict;

pub use need::Need;
pub(crate) use section::*;
pub use verdict::Failure;
pub(crate) use verdict::{Verdict, ensure, fail};

use std::fmt;
use std::pin::Pin;

use payment_provider_core::ProviderDescriptor;

use crate::bench::Bench;
use crate::subject::Transport;

pub(crate) type Run = fn(Bench) -> Pin<Box<dyn Future<Output = Verdict>>>;

/// One thing that a provider has to get right.
#[derive(Clone, Copy)]
pub struct Case {
    /// Stable: `group.what-is-right`.
    pub id: &'static str,
    /// Why it matters, in one line.
    pub reason: &'static str,
    /// The part of the contract that demands it.
    pub section: &'static str,
    /// What has to be declared for it to apply.
    pub needs: &'static [Need],
    pub(crate) run: Run,
}

impl Case {
    /// Why it does not apply to this provider; `None` if it does.
    pub fn unmet(
        &self,
        descriptor: &ProviderDescriptor,
        transport: Transport,
    ) -> Option<&'static str> {
        let mut needs = self.needs.iter();
        needs.find_map(|need| need.unmet(descriptor, transport))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}

/// A case whose code is the function of this path.
macro_rules! case {
    ($id:literal, $section:expr, [$($need:ident),*], $reason:literal, $run:path) => {
        $crate::case::Case {
            id: $id,
            reason: $reason,
            section: $section,
            needs: &[$($crate::case::Need::$need),*],
            run: |bench| Box::pin($run(bench)),
        }
    };
}
pub(crate) use case;
