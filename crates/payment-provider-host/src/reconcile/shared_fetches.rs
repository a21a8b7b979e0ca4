//! Fetches that several deliveries of one checkout share within a process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{FetchError, FetchScope};
use crate::accounting::Fetched;

/// The number of checkouts whose latest fetch is kept.
const KEPT: usize = 256;

/// The latest fetch of recently fetched checkouts. At most one fetch of a checkout runs at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedFetches {
    slots: Arc<Mutex<HashMap<i64, Arc<Slot>>>>,
}

/// The fetches of one checkout.
#[derive(Debug, Default)]
struct Slot {
    /// The number of fetches that ended.
    ended: AtomicU64,
    /// The outcome of the latest fetch. Locked while a fetch runs.
    latest: tokio::sync::Mutex<Option<Latest>>,
}

#[derive(Debug)]
struct Latest {
    scope: FetchScope,
    outcome: Outcome,
}

type Outcome = Result<Arc<Fetched>, Arc<FetchError>>;

impl Latest {
    /// Returns the result if it started at `needed_from` or later and covers the scope.
    fn serving(&self, scope: FetchScope, needed_from: i64) -> Option<Arc<Fetched>> {
        let found = self.outcome.as_ref().ok()?;
        // A query of refunds that failed is repeated, except for those who waited for this one.
        let complete = match found.refunds.error() {
            Some(_) => FetchScope::Payments,
            None => self.scope,
        };
        (complete >= scope && found.started_at >= needed_from).then(|| Arc::clone(found))
    }

    /// Returns the outcome for a caller who waited for this fetch: also an error, since the gateway would
    /// give it again.
    fn waited_for(&self, scope: FetchScope, needed_from: i64) -> Option<Outcome> {
        match &self.outcome {
            Ok(found) if self.scope < scope || found.started_at < needed_from => None,
            outcome => Some(outcome.clone()),
        }
    }
}

impl SharedFetches {
    /// Returns the latest fetch of a checkout if it started at `needed_from` or later and covers the
    /// scope, and no other fetch is under way.
    pub(super) fn latest(
        &self,
        checkout_pk: i64,
        scope: FetchScope,
        needed_from: i64,
    ) -> Option<Arc<Fetched>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = slots.get(&checkout_pk)?.latest.try_lock().ok()?;
        latest.as_ref()?.serving(scope, needed_from)
    }

    /// Returns the latest fetch of a checkout if it started at `needed_from` or later and covers the
    /// scope; otherwise fetches. Those who wait for a fetch that fails get its error and do not repeat
    /// it.
    ///
    /// **Cancellation.** Dropping the future ends its fetch; the next caller fetches.
    pub(super) async fn get_or_fetch<F>(
        &self,
        checkout_pk: i64,
        scope: FetchScope,
        needed_from: i64,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Fetched>, Arc<FetchError>>
    where
        F: Future<Output = Result<Fetched, FetchError>>,
    {
        let slot = self.slot(checkout_pk);
        let ended_before = slot.ended.load(Ordering::SeqCst);
        let mut latest = slot.latest.lock().await;
        if let Some(one) = &*latest {
            if let Some(found) = one.serving(scope, needed_from) {
                return Ok(found);
            }
            let ended_since = slot.ended.load(Ordering::SeqCst) != ended_before;
            let waited = ended_since.then(|| one.waited_for(scope, needed_from));
            if let Some(outcome) = waited.flatten() {
                return outcome;
            }
        }
        *latest = None;
        let outcome = fetch().await.map(Arc::new).map_err(Arc::new);
        *latest = Some(Latest {
            scope,
            outcome: outcome.clone(),
        });
        slot.ended.fetch_add(1, Ordering::SeqCst);
        outcome
    }

    /// Returns the slot of a checkout. Beyond the limit, slots that are not in use are removed.
    fn slot(&self, checkout_pk: i64) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(&checkout_pk) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(checkout_pk).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use payment_provider_core::{
        Checkout, CheckoutReference, CheckoutStatus, Currency, Money, NextAction, Operation,
        ProviderError, ProviderErrorKind, ProviderId,
    };

    use super::*;
    use crate::accounting::FetchedRefunds;

    fn fetched(started_at: i64) -> Fetched {
        let reference = CheckoutReference::new("r-1").unwrap();
        let amount = Money::from_minor_units(100, Currency::INR);
        Fetched {
            checkout: Checkout::new(reference, CheckoutStatus::Open, amount, NextAction::None),
            payments: Vec::new(),
            refunds: FetchedRefunds::NotFetched,
            started_at,
        }
    }

    /// Asks for a checkout at a time; returns the time of the fetch that served it.
    async fn ask(
        shared: &SharedFetches,
        scope: FetchScope,
        needed_from: i64,
        now: i64,
        count: &AtomicUsize,
    ) -> i64 {
        let fetch = || async {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(fetched(now))
        };
        let found = shared.get_or_fetch(1, scope, needed_from, fetch).await;
        found.unwrap().started_at
    }

    #[tokio::test]
    async fn callers_at_the_same_time_share_one_fetch() {
        let (shared, count) = (SharedFetches::default(), AtomicUsize::new(0));
        let ask = || ask(&shared, FetchScope::Payments, 5, 7, &count);
        assert_eq!(tokio::join!(ask(), ask(), ask()), (7, 7, 7));
        assert_eq!(count.into_inner(), 1);
    }

    #[tokio::test]
    async fn an_older_or_narrower_fetch_is_not_used() {
        let (shared, count) = (SharedFetches::default(), AtomicUsize::new(0));
        let (narrow, wide) = (FetchScope::Payments, FetchScope::PaymentsAndRefunds);
        assert_eq!(ask(&shared, narrow, 1, 1, &count).await, 1);
        assert_eq!(ask(&shared, narrow, 2, 3, &count).await, 3);
        assert_eq!(ask(&shared, wide, 3, 4, &count).await, 4);
        assert_eq!(ask(&shared, narrow, 2, 9, &count).await, 4);
        assert_eq!(count.into_inner(), 3);
    }

    fn timeout(operation: Operation) -> ProviderError {
        let provider = ProviderId::new("acme").unwrap();
        ProviderError::new(ProviderErrorKind::Timeout, operation, provider)
    }

    #[tokio::test]
    async fn callers_at_the_same_time_share_a_fetch_that_fails() {
        let (shared, count) = (SharedFetches::default(), AtomicUsize::new(0));
        let ask = |needed_from| {
            let fetch = || async {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                let error = crate::error::Error::from(timeout(Operation::FetchCheckout));
                Err(FetchError::Failed(error))
            };
            shared.get_or_fetch(1, FetchScope::PaymentsAndRefunds, needed_from, fetch)
        };
        // A failure has no age: it is shared although the third caller needs a later state.
        let (one, two, three) = tokio::join!(ask(5), ask(5), ask(9));
        assert!(one.is_err() && two.is_err() && three.is_err());
        assert_eq!(count.load(Ordering::Relaxed), 1);
        ask(5).await.unwrap_err();
        assert_eq!(count.into_inner(), 2, "who did not wait asks again");
    }

    #[tokio::test]
    async fn a_failed_query_of_refunds_is_shared_only_by_those_who_waited_for_it() {
        let (shared, count) = (SharedFetches::default(), AtomicUsize::new(0));
        let ask = |scope| {
            let fetch = || async {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                let error = Arc::new(timeout(Operation::ListRefunds));
                Ok(Fetched {
                    refunds: FetchedRefunds::Unanswered(error),
                    ..fetched(7)
                })
            };
            shared.get_or_fetch(1, scope, 5, fetch)
        };
        let wide = FetchScope::PaymentsAndRefunds;
        let (one, two) = tokio::join!(ask(wide), ask(wide));
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 1);
        ask(FetchScope::Payments).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1, "the payments are fetched");
        ask(wide).await.unwrap();
        assert_eq!(count.into_inner(), 2);
    }

    #[tokio::test]
    async fn the_next_caller_fetches_if_the_one_that_is_waited_for_gives_up() {
        let (shared, count) = (SharedFetches::default(), AtomicUsize::new(0));
        let scope = FetchScope::Payments;
        let hung = shared.get_or_fetch(1, scope, 5, std::future::pending);
        let waiting = ask(&shared, scope, 5, 7, &count);
        let (gave_up, found) = tokio::join!(
            async {
                let hung = std::pin::pin!(hung);
                futures_util::future::select(hung, std::pin::pin!(tokio::task::yield_now())).await;
            },
            waiting
        );
        let () = gave_up;
        assert_eq!((found, count.into_inner()), (7, 1));
    }

    #[tokio::test]
    async fn idle_checkouts_are_forgotten_beyond_the_limit() {
        let shared = SharedFetches::default();
        for pk in 0..1_000 {
            let fetch = || async { Ok(fetched(1)) };
            let scope = FetchScope::Payments;
            shared.get_or_fetch(pk, scope, 1, fetch).await.unwrap();
        }
        assert!(shared.slots.lock().unwrap().len() <= KEPT);
    }
}
