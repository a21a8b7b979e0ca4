//! Key rotation: every stored secret is encrypted with the current key, so that former keys can be
//! removed.

use payment_provider_core::{ConnectionCode, OrganizationId};

use super::Connections;
use super::credentials::{place, plain_settings};
use crate::encryption::{Ciphertext, DecryptError, EncryptError};
use crate::error::Error;
use crate::store::{ConnectionRow, WalkedConnection};

/// The number of connections that are read, and written, in one step.
const BATCH: i64 = 100;

/// The result of a key rotation. Every connection counts in one of the three fields.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct KeyRotationReport {
    /// The number of connections whose secrets could all be decrypted, and of which at least one was
    /// encrypted again.
    pub rotated: u64,
    /// The number of connections whose secrets were all encrypted with the current key already, or
    /// that have none.
    pub current: u64,
    /// The connections with a secret that cannot be decrypted. That secret is left as it is.
    pub undecryptable: Vec<UndecryptableConnection>,
}

impl KeyRotationReport {
    /// Returns true if every stored secret could be decrypted: then the current key alone decrypts
    /// all of them.
    pub const fn is_complete(&self) -> bool {
        self.undecryptable.is_empty()
    }
}

/// A connection with a secret that cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndecryptableConnection {
    /// The tenant.
    pub organization: OrganizationId,
    /// The code that identifies the connection within its organization.
    pub code: ConnectionCode,
    /// The reason.
    pub reason: DecryptError,
    /// True if other secrets of the connection were encrypted again.
    pub partly_rotated: bool,
}

/// The result of encrypting the secrets of one row again.
#[derive(Debug, Default)]
struct Renewal {
    changed: bool,
    unopened: Option<DecryptError>,
}

impl Connections {
    /// Encrypts with the current key every stored secret that a former key encrypted
    /// ([`EncryptionKeys`](crate::encryption::EncryptionKeys)). Decrypts every secret on the way.
    pub(crate) async fn rotate_encryption_key(&self) -> Result<KeyRotationReport, Error> {
        let store = &self.store;
        let current = self.keys.encrypting()?.id();
        let mut done = KeyRotationReport::default();
        let mut after = 0;
        loop {
            let walked = store.walk_connections(after, BATCH).await?;
            let Some(last) = walked.last() else {
                // From now on a host needs this key, and not the former one.
                store.replace_key(current).await?;
                return Ok(done);
            };
            after = last.pk;
            let mut renewed = Vec::new();
            for one in walked {
                renewed.extend(self.count(one, &mut done)?);
            }
            if renewed.is_empty() {
                continue;
            }
            for missed in store.update_settings_batch(&renewed).await? {
                self.rotate_again(missed).await?;
            }
        }
    }

    /// Counts a connection, and returns its row if it has to be written.
    fn count(
        &self,
        walked: WalkedConnection,
        done: &mut KeyRotationReport,
    ) -> Result<Option<ConnectionRow>, Error> {
        let WalkedConnection {
            organization,
            code,
            row,
            ..
        } = walked;
        let mut row = row;
        let renewal = match &mut row {
            Some(row) => self.renew(row)?,
            None => Renewal {
                changed: false,
                unopened: Some(DecryptError::UnknownVersion),
            },
        };
        match renewal.unopened {
            Some(reason) => done.undecryptable.push(UndecryptableConnection {
                organization,
                code,
                reason,
                partly_rotated: renewal.changed,
            }),
            None if renewal.changed => done.rotated += 1,
            None => done.current += 1,
        }
        Ok(row.filter(|_| renewal.changed))
    }

    /// Repeats the rotation for a connection whose settings were changed after they were read. That
    /// change may have kept secrets that a former key encrypted.
    async fn rotate_again(&self, pk: i64) -> Result<(), Error> {
        let store = &self.store;
        while let Some(mut row) = store.connection_by_pk(pk).await? {
            if !self.renew(&mut row)?.changed || store.update_settings(&row).await? {
                break;
            }
        }
        Ok(())
    }

    fn renew(&self, row: &mut ConnectionRow) -> Result<Renewal, EncryptError> {
        let mut renewal = Renewal::default();
        let Ok(binding) = self.binding(&row.provider, &plain_settings(row, |_| true)) else {
            renewal.unopened = Some(DecryptError::UnknownProvider);
            return Ok(renewal);
        };
        let mut encrypted = std::mem::take(&mut row.encrypted);
        for (field, texts) in &mut encrypted {
            let place = place(row, field, &binding);
            for text in texts {
                match text.decrypt(place, &self.keys) {
                    Ok(secret) if text.key() != self.keys.current_id() => {
                        *text = Ciphertext::encrypt(&secret, place, &self.keys)?;
                        renewal.changed = true;
                    }
                    Ok(_) => {}
                    Err(error) => renewal.unopened = Some(error),
                }
            }
        }
        row.encrypted = encrypted;
        Ok(renewal)
    }
}
