//! Fetches that several deliveries of one checkout share within a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{FetchError, FetchScope};
use crate::accounting::Fetched;

/// The number of checkouts whose latest fetch is kept.
const KEPT: usize = 256;

/// The latest fetch of recently fetched checkouts. At most one fetch of a checkout runs at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedFetches {
    slots: Arc<Mutex<HashMap<i64, Slot>>>,
}

/// The latest fetch of one checkout. Locked while a fetch runs.
type Slot = Arc<tokio::sync::Mutex<Option<Latest>>>;

#[derive(Debug)]
struct Latest {
    scope: FetchScope,
    fetched: Arc<Fetched>,
}

impl Latest {
    /// Returns the result if it started at `needed_from` or later and covers the scope.
    fn serving(&self, scope: FetchScope, needed_from: i64) -> Option<Arc<Fetched>> {
        let serves = self.scope >= scope && self.fetched.started_at >= needed_from;
        serves.then(|| Arc::clone(&self.fetched))
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
        let latest = slots.get(&checkout_pk)?.try_lock().ok()?;
        latest.as_ref()?.serving(scope, needed_from)
    }

    /// Returns the latest fetch of a checkout if it started at `needed_from` or later and covers the
    /// scope; otherwise fetches.
    ///
    /// **Cancellation.** Dropping the future ends its fetch; the next caller fetches.
    pub(super) async fn get_or_fetch<F>(
        &self,
        checkout_pk: i64,
        scope: FetchScope,
        needed_from: i64,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Fetched>, FetchError>
    where
        F: Future<Output = Result<Fetched, FetchError>>,
    {
        let slot = self.slot(checkout_pk);
        let mut latest = slot.lock().await;
        if let Some(found) = latest
            .as_ref()
            .and_then(|one| one.serving(scope, needed_from))
        {
            return Ok(found);
        }
        *latest = None;
        let fetched = Arc::new(fetch().await?);
        *latest = Some(Latest {
            scope,
            fetched: Arc::clone(&fetched),
        });
        Ok(fetched)
    }

    /// Returns the slot of a checkout. Beyond the limit, slots that are not in use are removed.
    fn slot(&self, checkout_pk: i64) -> Slot {
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
        Checkout, CheckoutReference, CheckoutStatus, Currency, Money, NextAction,
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
