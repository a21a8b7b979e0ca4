//! The disputes, refunds, deliveries and checkouts that an operator has to act on.

use payment_provider_core::OrganizationId;

use super::Checkouts;
use super::view::pending;
use crate::error::Error;
use crate::payable::{
    Attention, Contested, KnownDispute, KnownRefund, ParkedDeliveries, StuckCancel, StuckRefund,
};
use crate::timestamp;

/// Most items of each kind.
const MOST: i64 = 500;

impl Checkouts {
    /// Returns what an operator has to act on, of one organization or of all.
    pub(crate) async fn attention(
        &self,
        organization: Option<&OrganizationId>,
        limit: u32,
    ) -> Result<Attention, Error> {
        let store = &self.ledger().store;
        let limit = i64::from(limit).clamp(1, MOST);
        let disputes = store.open_disputes(organization, limit).await?;
        let refunds = store.stuck_refunds(organization, limit).await?;
        let parked = store.parked_deliveries(organization, limit).await?;
        let cancels = store.failing_cancels(organization, limit).await?;
        Ok(Attention {
            cancels: cancels
                .into_iter()
                .map(|(owner, row)| StuckCancel {
                    organization: owner.organization,
                    payable: owner.payable,
                    checkout: owner.reference,
                    cancel: pending(&row),
                })
                .collect(),
            disputes: disputes
                .into_iter()
                .map(|(owner, row)| Contested {
                    organization: owner.organization,
                    payable: owner.payable,
                    known: KnownDispute {
                        checkout: owner.reference,
                        dispute: row.dispute,
                    },
                })
                .collect(),
            refunds: refunds
                .into_iter()
                .map(|(owner, row)| StuckRefund {
                    organization: owner.organization,
                    payable: owner.payable,
                    known: KnownRefund {
                        checkout: owner.reference,
                        refund: row.refund,
                    },
                })
                .collect(),
            parked: parked
                .into_iter()
                .map(|row| ParkedDeliveries {
                    connection: row.connection,
                    count: u64::try_from(row.count).unwrap_or_default(),
                    latest_at: timestamp::from_millis(row.latest_at),
                })
                .collect(),
        })
    }
}
