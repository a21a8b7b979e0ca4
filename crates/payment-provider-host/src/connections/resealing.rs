//! Every stored secret under the current key, so that former keys can be given up.

use payment_provider_core::{ConnectionCode, OrganizationId};

use super::opening::place;
use crate::Host;
use crate::sealing::{SealedText, UnsealError};
use crate::store::{ConnectionRow, StoreError, WalkedConnection};

/// How many connections are read, and written, in one step.
const BATCH: i64 = 100;

/// What re-sealing found and did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Resealing {
    /// Connections of which secrets were sealed anew.
    pub resealed: u64,
    /// Connections whose secrets were all sealed with the current key, or that have none.
    pub current: u64,
    /// Connections of which a secret does not open. It is left as it is; their other secrets count
    /// above as well.
    pub unopened: Vec<UnopenedConnection>,
}

impl Resealing {
    /// Whether the current key alone opens everything that can be opened at all, and all can.
    pub const fn is_complete(&self) -> bool {
        self.unopened.is_empty()
    }
}

/// A connection of which a secret does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnopenedConnection {
    /// The tenant.
    pub organization: OrganizationId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
    /// Why.
    pub reason: UnsealError,
}

/// What is to be done about one connection.
#[derive(Debug, Default)]
struct Renewal {
    changed: bool,
    unopened: Option<UnsealError>,
}

impl Host {
    /// Seals every stored secret that is sealed with a former key with the current one
    /// ([`SealingKeys`](crate::SealingKeys)), and opens all of them on the way.
    ///
    /// **Contract.** Once this returns without [`unopened`](Resealing::unopened) connections, and no
    /// process that seals with a former key is left, nothing stored needs a former key. Every process
    /// has to be given the new key, at least as a former one, before this begins. Settings can be
    /// changed meanwhile: a change made at the same moment is made once more on what is stored by
    /// then, and none is undone. What does not open stays stored as it is.
    ///
    /// **Cancellation.** What is done stays done; the next call goes on with the rest.
    ///
    /// **Idempotency.** What is sealed with the current key is not written.
    pub async fn reseal_connections(&self) -> Result<Resealing, StoreError> {
        let store = &self.inner.store;
        let mut done = Resealing::default();
        let mut after = 0;
        loop {
            let walked = store.walk_connections(after, BATCH).await?;
            let Some(last) = walked.last() else {
                return Ok(done);
            };
            after = last.pk;
            let mut renewed = Vec::new();
            for one in walked {
                renewed.extend(self.count(one, &mut done));
            }
            if renewed.is_empty() {
                continue;
            }
            crash_point!("reseal.1-sealed");
            for missed in store.update_settings_batch(&renewed).await? {
                self.reseal_again(missed).await?;
            }
            crash_point!("reseal.3-stored");
        }
    }

    /// Counts a connection, and returns its row if that is to be written.
    fn count(&self, walked: WalkedConnection, done: &mut Resealing) -> Option<ConnectionRow> {
        let WalkedConnection {
            organization,
            code,
            row,
            ..
        } = walked;
        let mut row = row;
        let renewal = match &mut row {
            Some(row) => self.renew(row),
            None => Renewal {
                changed: false,
                unopened: Some(UnsealError::UnknownVersion),
            },
        };
        match (renewal.changed, &renewal.unopened) {
            (true, _) => done.resealed += 1,
            (false, None) => done.current += 1,
            (false, Some(_)) => {}
        }
        if let Some(reason) = renewal.unopened {
            done.unopened.push(UnopenedConnection {
                organization,
                code,
                reason,
            });
        }
        row.filter(|_| renewal.changed)
    }

    /// Other settings were stored meanwhile. Whoever did that may have kept some of the secrets as
    /// they were sealed.
    async fn reseal_again(&self, pk: i64) -> Result<(), StoreError> {
        let store = &self.inner.store;
        while let Some(mut row) = store.connection_by_pk(pk).await? {
            if !self.renew(&mut row).changed || store.update_settings(&row).await? {
                break;
            }
        }
        Ok(())
    }

    fn renew(&self, row: &mut ConnectionRow) -> Renewal {
        let mut renewal = Renewal::default();
        let mut sealed = std::mem::take(&mut row.encrypted);
        for (field, texts) in &mut sealed {
            let place = place(row, field);
            for text in texts {
                match self.renewed(text, place) {
                    Ok(None) => {}
                    Ok(Some(new)) => {
                        *text = new;
                        renewal.changed = true;
                    }
                    Err(error) => renewal.unopened = Some(error),
                }
            }
        }
        row.encrypted = sealed;
        renewal
    }

    fn renewed(
        &self,
        text: &SealedText,
        place: crate::sealing::Place<'_>,
    ) -> Result<Option<SealedText>, UnsealError> {
        let keys = &self.inner.keys;
        let opened = text.open(place, keys)?;
        if text.key() == keys.current_id() {
            return Ok(None);
        }
        SealedText::seal(&opened, place, keys).map(Some)
    }
}
