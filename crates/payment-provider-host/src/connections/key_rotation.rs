//! Every stored secret under the current key, so that former keys can be given up.

use payment_provider_core::{ConnectionCode, OrganizationId};

use super::Connections;
use super::credentials::place;
use crate::encryption::{Ciphertext, DecryptError};
use crate::error::Error;
use crate::store::{ConnectionRow, WalkedConnection};

/// How many connections are read, and written, in one step.
const BATCH: i64 = 100;

/// What re-sealing found and did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct KeyRotationReport {
    /// Connections of which secrets were sealed anew.
    pub rotated: u64,
    /// Connections whose secrets were all sealed with the current key, or that have none.
    pub current: u64,
    /// Connections of which a secret does not open. It is left as it is; their other secrets count
    /// above as well.
    pub undecryptable: Vec<UndecryptableConnection>,
}

impl KeyRotationReport {
    /// Whether the current key alone opens everything that can be opened at all, and all can.
    pub const fn is_complete(&self) -> bool {
        self.undecryptable.is_empty()
    }
}

/// A connection of which a secret does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndecryptableConnection {
    /// The tenant.
    pub organization: OrganizationId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
    /// Why.
    pub reason: DecryptError,
}

/// What is to be done about one connection.
#[derive(Debug, Default)]
struct Renewal {
    changed: bool,
    unopened: Option<DecryptError>,
}

impl Connections {
    /// Seals every stored secret that is sealed with a former key with the current one
    /// ([`EncryptionKeys`](crate::EncryptionKeys)), and opens all of them on the way.
    pub(crate) async fn rotate_encryption_key(&self) -> Result<KeyRotationReport, Error> {
        let store = &self.store;
        let mut done = KeyRotationReport::default();
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
            crash_point!("key-rotation.1-encrypted");
            for missed in store.update_settings_batch(&renewed).await? {
                self.rotate_again(missed).await?;
            }
            crash_point!("key-rotation.3-stored");
        }
    }

    /// Counts a connection, and returns its row if that is to be written.
    fn count(
        &self,
        walked: WalkedConnection,
        done: &mut KeyRotationReport,
    ) -> Option<ConnectionRow> {
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
                unopened: Some(DecryptError::UnknownVersion),
            },
        };
        match (renewal.changed, &renewal.unopened) {
            (true, _) => done.rotated += 1,
            (false, None) => done.current += 1,
            (false, Some(_)) => {}
        }
        if let Some(reason) = renewal.unopened {
            done.undecryptable.push(UndecryptableConnection {
                organization,
                code,
                reason,
            });
        }
        row.filter(|_| renewal.changed)
    }

    /// Other settings were stored meanwhile. Whoever did that may have kept some of the secrets as
    /// they were sealed.
    async fn rotate_again(&self, pk: i64) -> Result<(), Error> {
        let store = &self.store;
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
        text: &Ciphertext,
        place: crate::encryption::Place<'_>,
    ) -> Result<Option<Ciphertext>, DecryptError> {
        let keys = &self.keys;
        let opened = text.open(place, keys)?;
        if text.key() == keys.current_id() {
            return Ok(None);
        }
        Ciphertext::seal(&opened, place, keys).map(Some)
    }
}
