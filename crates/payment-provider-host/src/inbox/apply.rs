//! One leased delivery, applied as a whole.

use payment_provider_core::EventKind;

use super::events::{AllFetched, EventOutcome, is_patient};
use super::waiting::ApplyError;
use crate::Host;
use crate::settle::Decided;
use crate::store::{
    CheckoutRow, DeliveryEnd, DeliveryRow, DeliveryState, StoreError, TargetName, Transaction,
};

/// How one try went.
enum Tried {
    Done,
    /// Before anything is booked, the gateway has to be asked about this checkout.
    Fetch(Box<CheckoutRow>),
}

impl Host {
    /// Applies one leased delivery, all of it in one transaction, fetching first where what it says
    /// is not enough to book by.
    pub(super) async fn apply_delivery(
        &self,
        delivery: &DeliveryRow,
        owner: &str,
    ) -> Result<(), ApplyError> {
        let mut fetched = AllFetched::new();
        loop {
            match self.try_delivery(delivery, owner, &fetched).await? {
                Tried::Done => return Ok(()),
                Tried::Fetch(row) => {
                    let answer = match self.fetch(&row).await {
                        Err(error) if error.is_unaskable() => {
                            fetched.insert(row.pk, None);
                            continue;
                        }
                        answer => answer?,
                    };
                    if answer.is_incomplete() && !self.is_written_off(&row, &answer).await? {
                        // What is listed is booked all the same; the rest is asked for again.
                        let store = &self.inner.store;
                        let mut tx = store.begin().await?;
                        self.hold_all(&mut tx, delivery, &[row.pk]).await?;
                        self.note_received(&mut tx, delivery).await?;
                        self.apply_fetched(&mut tx, row.pk, &answer, is_patient(delivery))
                            .await?;
                        if !tx.is_leased(delivery.pk, owner).await? {
                            return Ok(());
                        }
                        crash_point!("incomplete.1-before-commit");
                        tx.commit().await?;
                        crash_point!("incomplete.2-committed");
                        return Err(ApplyError::Incomplete);
                    }
                    fetched.insert(row.pk, Some(answer));
                }
            }
        }
    }

    async fn try_delivery(
        &self,
        delivery: &DeliveryRow,
        owner: &str,
        fetched: &AllFetched,
    ) -> Result<Tried, ApplyError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let patient = is_patient(delivery);
        let checkouts: Vec<i64> = fetched.keys().copied().collect();
        self.hold_all(&mut tx, delivery, &checkouts).await?;
        self.note_received(&mut tx, delivery).await?;
        crash_point!("delivery.2-held");
        let mut left = None;
        for (pk, answer) in fetched {
            let Some(answer) = answer else { continue };
            if self.apply_fetched(&mut tx, *pk, answer, patient).await? == Decided::NotAll {
                left = Some(ApplyError::Incomplete);
            }
        }
        if !fetched.is_empty() {
            // What they brought may be what tells whose news this is.
            self.note_received(&mut tx, delivery).await?;
        }
        let mut applied = false;
        let mut unmatched = Vec::new();
        let mut strange = false;
        for event in &delivery.events {
            let outcome = match self.apply_event(&mut tx, delivery, event, fetched).await {
                // The other events of the delivery have nothing to wait for.
                Err(ApplyError::Incomplete) => {
                    left = Some(ApplyError::Incomplete);
                    continue;
                }
                Err(ApplyError::Unaskable) => {
                    left.get_or_insert(ApplyError::Unaskable);
                    continue;
                }
                outcome => outcome?,
            };
            match outcome {
                EventOutcome::Applied => applied = true,
                EventOutcome::Ignored => {}
                EventOutcome::Unmatched(missing) => {
                    strange = true;
                    unmatched.extend(missing);
                }
                // Dropping the transaction takes back what the events before did.
                EventOutcome::Fetch(row) => return Ok(Tried::Fetch(row)),
            }
        }
        if let Some(error) = left {
            // Another worker has it if the lease ran out: leave all of it to them.
            if !tx.is_leased(delivery.pk, owner).await? {
                return Ok(Tried::Done);
            }
            // What the gateway lists is booked, and what was told is remembered.
            crash_point!("unlisted.1-before-commit");
            tx.commit().await?;
            crash_point!("unlisted.2-committed");
            return Err(error);
        }
        let state = match (applied, strange) {
            (_, true) => DeliveryState::Unmatched,
            (true, false) => DeliveryState::Applied,
            (false, false) => DeliveryState::Ignored,
        };
        // The same bytes may have told of the next change while this one was looked into.
        let tells_to_fetch = delivery
            .events
            .iter()
            .any(|event| event.kind == EventKind::FetchNeeded);
        let end = DeliveryEnd {
            state,
            unmatched: &unmatched,
            delivery_count: tells_to_fetch.then_some(delivery.delivery_count),
            next_attempt: self.now_millis(),
        };
        crash_point!("delivery.3-events-applied");
        let needless = self.needless_checkouts(&mut tx, delivery).await?;
        if !needless.is_empty() {
            if !tx.is_leased(delivery.pk, owner).await? {
                return Ok(Tried::Done);
            }
            crash_point!("needless.1-before-commit");
            tx.commit().await?;
            crash_point!("needless.2-booked");
            self.end_needless(&needless, delivery, owner, end).await?;
            return Ok(Tried::Done);
        }
        if tx.finish_delivery(delivery.pk, owner, end).await? {
            crash_point!("delivery.4-before-commit");
            tx.commit().await?;
            crash_point!("delivery.5-committed");
        }
        // Otherwise the lease ran out and another worker has it: leave all of it to them.
        Ok(Tried::Done)
    }

    /// Takes hold of all that a delivery is about, before any of it is read.
    async fn hold_all(
        &self,
        tx: &mut Transaction,
        delivery: &DeliveryRow,
        checkouts: &[i64],
    ) -> Result<(), StoreError> {
        let names: Vec<TargetName> = delivery
            .events
            .iter()
            .flat_map(TargetName::all_of)
            .collect();
        tx.lock_payables(delivery.connection_pk, &names, checkouts)
            .await
    }
}
