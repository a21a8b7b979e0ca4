use serde::{Deserialize, Serialize};

use crate::store::row::{Row, variant_name};
use crate::store::statement::statement;
use crate::store::{Result, Transaction};

#[derive(Debug, Clone)]
pub(crate) struct HistoryRow {
    pub payable_pk: i64,
    pub at: i64,
    pub kind: HistoryKind,
    pub detail: String,
    /// The delivery whose receipt the entry records.
    pub delivery_pk: Option<i64>,
}

/// The kind of an entry in the history of a payable. The detail beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryKind {
    /// The request for a checkout was stored, to be sent to the gateway.
    CheckoutRequested,
    /// The gateway created the checkout.
    CheckoutCreated,
    /// The gateway refused to create the checkout, or its response could not be understood.
    CheckoutFailed,
    /// The gateway reported a new state of the checkout.
    CheckoutChanged,
    /// The checkout was cancelled.
    CheckoutCancelled,
    /// The gateway cannot cancel the checkout; it is watched until it expires.
    CheckoutStillPayable,
    /// A delivery about the payable was received, and its signature verified.
    DeliveryReceived,
    /// A delivery arrived again; nothing changed.
    DuplicateIgnored,
    /// The payments were fetched from the gateway before anything was booked.
    PaymentsFetched,
    /// Money was booked. The allocation outcome says how it was applied.
    PaymentBooked,
    /// A person entered a payment, with their name and reason; or an entered payment was matched with
    /// one that the gateway reported.
    BookedByHand,
    /// A person declared that money which the gateway reports was not received, with their name and
    /// reason; or some of it was received after all.
    WrittenOff,
    /// An attempt to pay ended without money, or is not decided yet.
    PaymentAttempted,
    /// Money was returned to the payer, or its return was requested. The received amount stays.
    Refund,
    /// A payment is disputed, or the dispute was decided. No amount changes.
    Dispute,
    /// The gateway's report contradicts the request or its own list.
    Mismatch,
    /// The host settled or voided the payable.
    Closed,
}

pub(super) const COLUMNS: &[&str] = &["payable_pk", "at", "kind", "detail", "delivery_pk"];

const INSERT: &str = "INSERT INTO @history (payable_pk, at, kind, detail, delivery_pk)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (payable_pk, delivery_pk) WHERE delivery_pk IS NOT NULL DO NOTHING";

pub(in crate::store) const OF_PAYABLE: &str =
    "SELECT #history FROM @history WHERE payable_pk = $1 ORDER BY at, history_pk";

impl Transaction {
    /// Adds an entry, unless the payable has one for the same delivery.
    pub(crate) async fn append_history(&mut self, row: &HistoryRow) -> Result<()> {
        let insert = statement!("write history", INSERT, row.payable_pk, row.at)
            .bind(variant_name(&row.kind)?)
            .bind(&*row.detail)
            .bind(row.delivery_pk);
        self.execute(insert).await?;
        Ok(())
    }

    /// Returns the history of a payable by time, then in the order in which it was added.
    pub(crate) async fn history_of(&mut self, payable_pk: i64) -> Result<Vec<HistoryRow>> {
        let find = statement!("read history", OF_PAYABLE, payable_pk);
        self.fetch_all(find, read).await
    }
}

fn read(row: &Row<'_>) -> Result<HistoryRow> {
    Ok(HistoryRow {
        payable_pk: row.number("payable_pk")?,
        at: row.number("at")?,
        kind: row.variant("kind")?,
        detail: row.text("detail")?,
        delivery_pk: row.optional_number("delivery_pk")?,
    })
}
