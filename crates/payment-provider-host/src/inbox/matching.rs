//! Whose news it is.

use payment_provider_core::{Event, EventTarget};

use crate::Host;
use crate::store::{CheckoutRow, StoreError, TargetName, Transaction};

/// What the names of a subject lead to.
pub(super) struct Match {
    /// The checkout that all of them agree on.
    pub(super) checkout: Option<CheckoutRow>,
    /// Those that nothing had when they were looked up: where they lead to no checkout, that can
    /// change with one of these only.
    pub(super) missing: Vec<TargetName>,
}

impl Host {
    /// The checkout that an event is about: that of the payment whose money it speaks of, or else the
    /// one that all names of its subject agree on.
    pub(super) async fn match_event(
        &self,
        tx: &mut Transaction,
        connection_pk: i64,
        event: &Event,
    ) -> Result<Match, StoreError> {
        let Some(payment) = TargetName::contested(&event.kind) else {
            return self.match_subject(tx, connection_pk, &event.target).await;
        };
        let checkout = tx.checkout_by_name(connection_pk, &payment).await?;
        let missing = if checkout.is_none() {
            vec![payment]
        } else {
            Vec::new()
        };
        Ok(Match { checkout, missing })
    }

    /// The checkout that all names of a subject agree on.
    pub(super) async fn match_subject(
        &self,
        tx: &mut Transaction,
        connection_pk: i64,
        target: &EventTarget,
    ) -> Result<Match, StoreError> {
        let mut found: Option<CheckoutRow> = None;
        let mut missing = Vec::new();
        for name in TargetName::all(target) {
            // What one visit of a payer made says whose it is only where nothing else does.
            let by_order = matches!(name, TargetName::Order(_));
            if by_order && (target.reference.is_some() || target.gateway_id.is_some()) {
                break;
            }
            let known = tx.checkout_by_name(connection_pk, &name).await?;
            let is_foreign = match (&known, &found) {
                (Some(row), Some(found)) => row.pk != found.pk,
                (Some(_), None) => false,
                // Every reference of ours is known here, and so is the gateway's id of a checkout
                // once it was told: another one is somebody else's.
                (None, Some(found)) if found.gateway_id.is_some() => true,
                (None, _) => matches!(name, TargetName::Reference(_)),
            };
            match known {
                Some(row) => found = found.or(Some(row)),
                None => missing.push(name),
            }
            if is_foreign {
                found = None;
                break;
            }
        }
        Ok(Match {
            checkout: found,
            missing,
        })
    }
}
