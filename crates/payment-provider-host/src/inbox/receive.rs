//! Receives deliveries: verifies and stores them.

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionCode, Event, EventKind, ProviderErrorKind, ProviderId, TimestampCheck, WebhookReply,
    WebhookRequest,
};

use super::Inbox;
use super::budget::BudgetSpent;
use super::refusals::{reason_of, reason_of_timestamp};
use crate::accounting::{AuditEvent, TargetName};
use crate::connection_ref::ConnectionRef;
use crate::crash_point::CommitStep;
use crate::delivery_state::DeliveryState;
use crate::error::{Entity, Error, ErrorKind, Refusal};
use crate::refusal_reason::RefusalReason;
use crate::store::{ConnectionRow, DeliveryRow, Received};
use crate::timestamp;

/// The number of duplicates of one delivery that are recorded in the history.
const RECORDED_DUPLICATES: i64 = 20;

/// The receipt of a delivery that is stored durably: it may be answered with success.
#[derive(Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// True if the same delivery was stored before.
    pub duplicate: bool,
    /// The answer that the gateway expects.
    pub reply: WebhookReply,
}

/// A stored delivery, as an operator sees it.
///
/// # Examples
/// ```
/// use payment_provider_host::inbox::DeliveryState;
/// use payment_provider_host::page::PageRequest;
/// use payment_provider_host::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("billing.db");
/// # let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
/// # let gateway = payment_provider_conformance::fake::FakeGateway::new();
/// # let mut registry = ProviderRegistry::new();
/// # registry.register(gateway.factory())?;
/// # let host = Host::sqlite(path)
/// #     .with_registry(registry)
/// #     .with_encryption_keys(EncryptionKeys::new(key))
/// #     .build()
/// #     .await?;
/// # let main = ConnectionRef::new(OrganizationId::new("acme")?, ConnectionCode::new("main")?);
/// # let (provider, settings) = (ProviderId::new("fake")?, gateway.settings("main"));
/// # let new = NewConnection::new(main.clone(), provider.clone(), "Main account", settings);
/// # host.add_connection(new).await?;
/// let ping = gateway.account("main").ping().request();
/// host.receive_webhook(&provider, &main, &ping).await?;
/// let latest = host.deliveries(&main, &PageRequest::first(1)).await?.items;
/// assert_eq!((latest[0].state, latest[0].delivery_count), (DeliveryState::Ignored, 1));
/// # host.store().close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The connection that verified it.
    pub connection: ConnectionCode,
    /// A keyed hash of the gateway's signed id, otherwise of the body: repetitions have the same key.
    pub key: String,
    /// The gateway's types of its events.
    pub types: Vec<String>,
    /// The identifiers by which its events name their checkouts: references of the host, and the
    /// gateway's ids of checkouts and orders. Each is listed once, in the order of first
    /// occurrence.
    pub targets: Vec<String>,
    /// The time of its first arrival.
    pub received_at: Timestamp,
    /// The number of times that it arrived.
    pub delivery_count: i64,
    /// The position of its timestamp relative to the acceptance window.
    pub timestamp_check: TimestampCheck,
    /// The label of the secret that verified it.
    pub matched_secret: Option<String>,
    /// Its state.
    pub state: DeliveryState,
    /// The number of attempts to apply it.
    pub attempts: i64,
    /// The number of attempts in which the gateway's list did not contain yet what the delivery
    /// reports.
    pub list_polls: i64,
    /// The error of the latest attempt.
    pub error: Option<String>,
    /// The time at which its body and events were dropped, after the time for which they are kept
    /// ([`HostConfig::applied_retention`](crate::HostConfig::applied_retention),
    /// [`unapplied_retention`](crate::HostConfig::unapplied_retention)). It cannot be applied again, unless
    /// the gateway sends it again.
    pub dropped_at: Option<Timestamp>,
}

impl Inbox {
    /// Returns the connection that a webhook address names.
    pub(crate) async fn addressed(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
    ) -> Result<ConnectionRow, Error> {
        let found = self.ledger().store.connection(connection).await?;
        let addressed = found.filter(|found| found.provider == *provider);
        Ok(addressed.ok_or(Entity::Connection)?)
    }

    /// Receives one delivery, and writes the counts of refused ones if no worker of this process does.
    pub(crate) async fn receive_webhook(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
        request: &WebhookRequest,
    ) -> Result<Receipt, Error> {
        let received = self.receive(provider, connection, request).await;
        self.write_overdue_refusals().await;
        received
    }

    /// Finds the connection, verifies, stores.
    async fn receive(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
        request: &WebhookRequest,
    ) -> Result<Receipt, Error> {
        let ledger = self.ledger();
        let connection = self.addressed(provider, connection).await?;
        let count = |reason| self.refusals.count(connection.pk, reason, ledger.now());
        let opened = self.checkouts.connections().open(&connection);
        let opened = opened.inspect_err(|_| count(RefusalReason::UnusableConnection))?;
        let verified = opened.handle_webhook(request).await;
        let verified = verified.map_err(|error| {
            count(reason_of(&error));
            match error.kind() {
                ProviderErrorKind::InvalidSignature => {
                    let spent = self.unverified.spend(connection.pk, ledger.now());
                    match spent {
                        Ok(()) => Error::from(ErrorKind::InvalidSignature),
                        Err(spent) => spent.into(),
                    }
                }
                _ => error.into(),
            }
        })?;
        self.spend(&connection)
            .inspect_err(|_| count(RefusalReason::TooMany))?;
        let reply = verified.reply().clone();
        let names_nothing = verified.events().iter().all(|event| match event.kind {
            EventKind::Ping => true,
            // An event that cannot be read may still be about the checkout that it names.
            EventKind::Unrecognised { .. } => event.target.is_none(),
            _ => false,
        });
        let row = DeliveryRow {
            pk: 0,
            connection_pk: connection.pk,
            key: self
                .delivery_keys
                .key_of(verified.delivery_id(), &request.body),
            body: request.body.to_vec(),
            timestamp_check: verified.timestamp_check(),
            matched_secret: verified.matched_secret().map(ToString::to_string),
            events: verified.into_events(),
            // The clock of the server that accepted the request may be ahead of this one.
            received_at: timestamp::to_millis(request.received_at).min(ledger.now()),
            delivery_count: 1,
            state: if names_nothing {
                DeliveryState::Ignored
            } else {
                DeliveryState::Pending
            },
            attempts: 0,
            failures: 0,
            list_polls: 0,
            error: None,
            dropped_at: None,
            payment_event_at: None,
        };
        // An event that only says that something changed may be the same, byte for byte, at the
        // next change, so a duplicate may report a new one. Outside the acceptance window a duplicate
        // reports nothing new.
        let again = row.timestamp_check == TimestampCheck::Fresh && row.is_hint();
        let received = ledger.store.receive_delivery(&row, again).await?;
        if received == Received::Refused {
            return Err(Entity::Connection.into());
        }
        if let Some(reason) = reason_of_timestamp(row.timestamp_check) {
            count(reason);
        }
        if let Received::Duplicate {
            count,
            is_first_trusted,
        } = received
            && count <= RECORDED_DUPLICATES
        {
            let conclusion = if again {
                "the gateway is asked for changes"
            } else if is_first_trusted {
                "now its timestamp is inside the acceptance window, so its content counts"
            } else {
                "its content counts once"
            };
            // The delivery is durable already: a missing history entry is no error.
            if let Err(error) = self.record_duplicate(&row, conclusion).await {
                tracing::warn!(%error, "a duplicate delivery could not be recorded");
            }
        }
        ledger.wake_inbox();
        Ok(Receipt {
            duplicate: received != Received::New,
            reply,
        })
    }

    /// Spends the budget of verified deliveries of a connection.
    fn spend(&self, connection: &ConnectionRow) -> Result<(), Error> {
        let spent = self.verified.spend(connection.pk, self.ledger().now());
        spent.map_err(|spent| {
            if spent.report {
                tracing::error!(
                    organization = connection.organization.as_str(),
                    connection = connection.code.as_str(),
                    "the connection receives more deliveries than its limit; they are answered with a wait"
                );
            }
            spent.into()
        })
    }

    async fn record_duplicate(&self, row: &DeliveryRow, conclusion: &str) -> Result<(), Error> {
        let ledger = self.ledger();
        let mut tx = ledger.store.begin().await?;
        for event in &row.events {
            // The other names of a refund or a dispute may be shared with other checkouts.
            let names = match TargetName::contested(&event.kind) {
                Some(payment) => vec![payment],
                None => TargetName::all(&event.target).collect(),
            };
            for name in names {
                let found = tx.checkout_by_name(row.connection_pk, &name).await?;
                let Some(checkout) = found else { continue };
                let detail = format!(
                    "{} delivered again, unchanged: {conclusion}",
                    event.gateway_type
                );
                let (payable_pk, kind) = (checkout.payable_pk, AuditEvent::DuplicateIgnored);
                ledger
                    .record_history(&mut tx, payable_pk, kind, detail)
                    .await?;
                return Ok(tx.commit_as(CommitStep::Duplicate).await?);
            }
        }
        Ok(())
    }

    /// Makes a parked, applied, ignored or unmatched delivery pending again.
    pub(crate) async fn retry_delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
    ) -> Result<bool, Error> {
        let connection = self.checkouts.connections().row(connection).await?;
        let store = &self.ledger().store;
        let retried = store.retry_delivery(connection.pk, key).await?;
        if !retried {
            let row = store.delivery(connection.pk, key).await?;
            if let Some(at) = row.and_then(|row| row.dropped_at) {
                return Err(Refusal::DeliveryDropped(timestamp::from_millis(at)).into());
            }
        }
        self.ledger().wake_inbox();
        Ok(retried)
    }
}

impl From<BudgetSpent> for Error {
    fn from(spent: BudgetSpent) -> Self {
        let retry_after = spent.wait;
        ErrorKind::TooManyDeliveries { retry_after }.into()
    }
}

impl Delivery {
    pub(super) fn of(connection: ConnectionCode, row: DeliveryRow) -> Self {
        Self {
            connection,
            key: row.key,
            targets: targets(&row.events),
            types: row
                .events
                .into_iter()
                .map(|event| event.gateway_type)
                .collect(),
            received_at: timestamp::from_millis(row.received_at),
            delivery_count: row.delivery_count,
            timestamp_check: row.timestamp_check,
            matched_secret: row.matched_secret,
            state: row.state,
            attempts: row.attempts,
            list_polls: row.list_polls,
            error: row.error,
            dropped_at: row.dropped_at.map(timestamp::from_millis),
        }
    }
}

fn targets(events: &[Event]) -> Vec<String> {
    let mut targets: Vec<String> = Vec::new();
    for name in events
        .iter()
        .flat_map(|event| TargetName::all(&event.target))
    {
        if !targets.iter().any(|known| known == name.id()) {
            targets.push(name.id().to_owned());
        }
    }
    targets
}
