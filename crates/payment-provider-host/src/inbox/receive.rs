use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionCode, ErrorKind, Event, EventKind, OrganizationId, ProviderError, ProviderId,
    TimestampCheck, WebhookReply, WebhookRequest,
};

use crate::connections::ConnectionError;
use crate::store::{DeliveryRow, DeliveryState, HistoryKind, Received, StoreError, TargetName};
use crate::{Host, times};

/// How many copies of one delivery are worth a line in the history.
const NOTED_COPIES: i64 = 20;

/// A delivery that is stored, durably: it may be answered with success.
#[derive(Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// Whether the same delivery had been stored before.
    pub duplicate: bool,
    /// What the gateway wants as an answer.
    pub reply: WebhookReply,
}

/// Why a delivery was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// There is no such connection. Nobody is told which part of the address is wrong.
    #[error("no such connection")]
    UnknownConnection,
    /// It was not signed with a secret of this connection.
    #[error("webhook signature does not match")]
    InvalidSignature,
    /// It could not be verified now; the sender should try again.
    #[error("the delivery could not be verified")]
    Unverifiable(#[source] ProviderError),
    /// The connection's stored secrets cannot be used; the sender should try again.
    #[error("the connection cannot be used")]
    Connection(#[source] ConnectionError),
    /// The store failed; the sender should try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A stored delivery, as an operator sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The connection it came to, which verified it.
    pub connection: ConnectionCode,
    /// Hash of the body: equal deliveries have equal keys.
    pub key: String,
    /// The gateway's words for the types of its events.
    pub types: Vec<String>,
    /// What its events are about, by every name they give for it: references of the host, the
    /// gateway's ids of checkouts and of orders. Each once, in the order in which they are named.
    pub subjects: Vec<String>,
    /// When it first arrived.
    pub received_at: Timestamp,
    /// How often it arrived.
    pub copies: i64,
    /// Whether its time stamp was within the acceptance window.
    pub timestamp_check: TimestampCheck,
    /// The label of the secret that verified it.
    pub matched_secret: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the latest try failed.
    pub error: Option<String>,
}

impl Host {
    /// Takes in one delivery: finds the connection, verifies, stores.
    ///
    /// **Contract.** After `Ok` the delivery is durable and will be applied, or is known already.
    /// After `Err` nothing is stored. A disabled connection's deliveries are taken like any other's.
    ///
    /// **Idempotency.** By the hash of the body, within the connection. A copy of a delivery that was
    /// parked has it tried again; so has one that says no more than that something changed, if its
    /// time stamp is within the acceptance window.
    pub async fn receive_webhook(
        &self,
        provider: &ProviderId,
        organization: &OrganizationId,
        code: &ConnectionCode,
        request: &WebhookRequest,
    ) -> Result<Receipt, ReceiveError> {
        crash_point!("arrival.1-arrived");
        let store = &self.inner.store;
        let connection = store.connection(organization, code).await?;
        let connection = connection
            .filter(|connection| connection.provider == *provider)
            .ok_or(ReceiveError::UnknownConnection)?;
        let opened = self.open(&connection).map_err(ReceiveError::Connection)?;
        let verified =
            opened
                .handle_webhook(request)
                .await
                .map_err(|error| match error.kind() {
                    ErrorKind::InvalidSignature => ReceiveError::InvalidSignature,
                    _ => ReceiveError::Unverifiable(error),
                })?;
        let reply = verified.reply().clone();
        let says_nothing = verified.events().iter().all(|event| match event.kind {
            EventKind::Ping => true,
            // It names something: what cannot be read in it may still be news of a checkout.
            EventKind::Unrecognised { .. } => event.target.is_none(),
            _ => false,
        });
        let row = DeliveryRow {
            pk: 0,
            connection_pk: connection.pk,
            key: verified.delivery_key().to_string(),
            body: request.body.to_vec(),
            timestamp_check: verified.timestamp_check(),
            matched_secret: verified.matched_secret().map(ToString::to_string),
            events: verified.into_events(),
            // An edge whose clock is ahead makes nobody wait for it.
            received_at: times::to_millis(request.received_at).min(self.now_millis()),
            delivery_count: 1,
            state: if says_nothing {
                DeliveryState::Ignored
            } else {
                DeliveryState::Pending
            },
            attempts: 0,
            failures: 0,
            list_polls: 0,
            error: None,
        };
        // A gateway that tells only of what it concerns tells the next news in the same bytes.
        // Outside the window every delivery reads like one of those, and its bytes are no news.
        let again = row.timestamp_check == TimestampCheck::Fresh
            && row
                .events
                .iter()
                .any(|event| event.kind == EventKind::FetchNeeded);
        crash_point!("arrival.2-verified");
        let received = store.receive_delivery(&row, again).await?;
        if received == Received::Refused {
            return Err(ReceiveError::UnknownConnection);
        }
        crash_point!("arrival.4-stored");
        if let Received::Duplicate(copies) = received
            && copies <= NOTED_COPIES
        {
            // The delivery is safe already; a line in the history is worth no error.
            if let Err(error) = self.note_duplicate(&row, again).await {
                tracing::warn!(%error, "a duplicate delivery could not be noted");
            }
            crash_point!("copy.2-noted");
        }
        self.inner.arrival.notify_one();
        Ok(Receipt {
            duplicate: received != Received::New,
            reply,
        })
    }

    async fn note_duplicate(&self, row: &DeliveryRow, again: bool) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        for event in &row.events {
            // What a refund or a dispute names besides its payment may be shared with others.
            let names = match TargetName::contested(&event.kind) {
                Some(payment) => vec![payment],
                None => TargetName::all(&event.target),
            };
            for name in names {
                let found = tx.checkout_by_name(row.connection_pk, &name).await?;
                let Some(checkout) = found else { continue };
                let then = if again {
                    "the gateway is asked whether there is news"
                } else {
                    "what it says counts once"
                };
                let detail = format!("{} delivered again, unchanged: {then}", event.gateway_type);
                let kind = HistoryKind::DuplicateIgnored;
                self.note(&mut tx, checkout.payable_pk, kind, detail)
                    .await?;
                crash_point!("copy.1-before-commit");
                return tx.commit().await;
            }
        }
        Ok(())
    }

    /// Has a delivery tried again, by its key: one that was parked, say, after its cause is mended.
    /// Returns whether there is such a delivery that is not waiting already.
    ///
    /// **Idempotency.** What it did before it does not do again.
    pub async fn retry_delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
    ) -> Result<bool, ConnectionError> {
        let connection = self.connection_row(organization, code).await?;
        crash_point!("replay.1-asked");
        let retried = self.inner.store.retry_delivery(connection.pk, key).await?;
        crash_point!("replay.2-stored");
        self.inner.arrival.notify_one();
        Ok(retried)
    }

    /// The latest deliveries of a connection, at most so many, newest first.
    pub async fn deliveries(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        limit: u32,
    ) -> Result<Vec<Delivery>, ConnectionError> {
        let connection = self.connection_row(organization, code).await?;
        let store = &self.inner.store;
        let rows = store.deliveries(connection.pk, limit.into()).await?;
        let shown = |row| Delivery::of(connection.code.clone(), row);
        Ok(rows.into_iter().map(shown).collect())
    }
}

impl Delivery {
    pub(super) fn of(connection: ConnectionCode, row: DeliveryRow) -> Self {
        Self {
            connection,
            key: row.key,
            subjects: subjects(&row.events),
            types: row
                .events
                .into_iter()
                .map(|event| event.gateway_type)
                .collect(),
            received_at: times::from_millis(row.received_at),
            copies: row.delivery_count,
            timestamp_check: row.timestamp_check,
            matched_secret: row.matched_secret,
            state: row.state,
            attempts: row.attempts,
            error: row.error,
        }
    }
}

fn subjects(events: &[Event]) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    for name in events
        .iter()
        .flat_map(|event| TargetName::all(&event.target))
    {
        if !subjects.iter().any(|known| known == name.id()) {
            subjects.push(name.id().to_owned());
        }
    }
    subjects
}
