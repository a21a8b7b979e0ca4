use std::time::Duration;

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{CheckoutReference, CreatedCheckout, Customer, PaymentProvider};

use super::planner::{LatestCheckout, Plan, Wanted, plan};
use super::{CheckoutError, Refusal};
use crate::connections::ConnectionError;
use crate::ledger::account_of;
use crate::store::{CheckoutRow, ConnectionRow, Store, StoreError};
use crate::{Host, Payable, times};

/// How often a plan is made anew because carrying it out showed that something had changed.
const MOST_PLANS: usize = 5;

/// For how long "not found" is no proof that a checkout was never made.
pub(super) const SETTLING: Duration = Duration::from_mins(2);

/// Where a payer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentUrl {
    /// The gateway's page. Whoever has it can pay: hand it to the payer only.
    pub url: Url,
    /// The checkout's reference.
    pub reference: CheckoutReference,
    /// When the page stops taking new payments.
    pub expires_at: OffsetDateTime,
    /// Where the address comes from.
    pub origin: UrlOrigin,
}

/// Where a payment address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlOrigin {
    /// A checkout was made for it.
    Created,
    /// A checkout was found at the gateway that an earlier, interrupted call had made.
    Adopted,
    /// An earlier call's checkout is still good.
    Reused,
}

/// What a call works with all the way through.
pub(super) struct Call<'a> {
    pub(super) payable: &'a Payable,
    pub(super) customer: Customer,
    pub(super) connection: ConnectionRow,
    pub(super) provider: std::sync::Arc<dyn PaymentProvider>,
}

/// What the store says is next.
enum Step {
    HandOut(CheckoutRow),
    Ask(CheckoutRow),
    End(CheckoutRow),
}

impl<S: Store> Host<S> {
    /// The address at which this payable can be paid now.
    ///
    /// **Contract.** At most one checkout of a payable can be paid at any time, as far as the
    /// gateway allows it: a good one is handed out again, one that asks for something else is ended
    /// before another is made. Only what is still due is asked for.
    ///
    /// **Cancellation.** The request is stored before it is sent, so a dropped future, a crash or a
    /// timeout at any point leaves nothing that the next call does not find.
    ///
    /// **Idempotency.** Callers at the same moment, in any process, get the same checkout: they send
    /// the same bytes under the same reference and key.
    pub async fn payment_url(&self, payable: &Payable) -> Result<PaymentUrl, CheckoutError> {
        if !payable.amount.is_positive() {
            return Err(CheckoutError::Refused(Refusal::NothingOwed));
        }
        let call = self.open_call(payable).await?;
        for _ in 0..MOST_PLANS {
            match self.next_step(&call).await? {
                Step::HandOut(row) => return url_of(&row, UrlOrigin::Reused),
                Step::End(row) => self.end_checkout(&row).await?,
                Step::Ask(row) => {
                    if let Some(url) = self.ask_gateway(&call, row).await? {
                        return Ok(url);
                    }
                }
            }
        }
        Err(CheckoutError::Busy {
            retry_after: SETTLING,
        })
    }

    async fn open_call<'a>(&self, payable: &'a Payable) -> Result<Call<'a>, CheckoutError> {
        let store = &self.inner.store;
        let linked = store
            .customer(&payable.organization, &payable.customer)
            .await?;
        let linked = linked.ok_or(CheckoutError::Refused(Refusal::CustomerNotLinked))?;
        let connection = store.connection_by_pk(linked.connection_pk).await?;
        let connection = connection.ok_or(ConnectionError::NotFound)?;
        if !connection.enabled {
            return Err(CheckoutError::Refused(Refusal::ConnectionDisabled));
        }
        let provider = self.open(&connection)?;
        Ok(Call {
            payable,
            customer: linked.customer,
            connection,
            provider,
        })
    }

    /// Plans in one write transaction, and stores what will be sent before it is sent.
    async fn next_step(&self, call: &Call<'_>) -> Result<Step, CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let payable = self.open_payable(&mut tx, call.payable).await?;
        let account = account_of(&payable);
        if account.closed().is_some() {
            return Err(CheckoutError::Refused(Refusal::Closed));
        }
        if account.due().is_zero() {
            return Err(CheckoutError::Refused(Refusal::Paid));
        }
        let latest = store.checkouts_of(&mut tx, payable.pk).await?.pop();
        let booked = match &latest {
            Some(row) => {
                crate::ledger::booked_on(&store.payments_of_checkout(&mut tx, row.pk).await?)
            }
            None => 0,
        };
        let wanted = Wanted {
            connection: call.connection.pk,
            environment: call.connection.environment,
            due: account.due(),
            customer: &call.payable.customer,
            now: self.now_millis(),
            least_life: millis(self.inner.config.least_remaining_life),
        };
        let planned = plan(
            &wanted,
            latest.as_ref().map(|row| summary(row, booked)).as_ref(),
        );
        let step = match (planned, latest) {
            (Plan::Reuse, Some(row)) => Step::HandOut(row),
            (Plan::End, Some(row)) => Step::End(row),
            (Plan::Resume, Some(mut row)) => {
                row.tries += 1;
                store.put_checkout(&mut tx, &row).await?;
                Step::Ask(row)
            }
            (_, latest) => {
                let attempt = latest.map_or(1, |row| row.attempt + 1);
                Step::Ask(
                    self.store_request(&mut tx, call, &payable, &account, attempt)
                        .await?,
                )
            }
        };
        store.commit(tx).await?;
        Ok(step)
    }

    /// Sends what is stored. `None`: look at the plan again.
    async fn ask_gateway(
        &self,
        call: &Call<'_>,
        row: CheckoutRow,
    ) -> Result<Option<PaymentUrl>, CheckoutError> {
        match call.provider.create_checkout(&row.prepared).await {
            Ok(made) => {
                let origin = match made {
                    CreatedCheckout::Created(_) => UrlOrigin::Created,
                    CreatedCheckout::Adopted(_) => UrlOrigin::Adopted,
                };
                let (row, closed) = self.record_made(row.pk, made.checkout(), origin).await?;
                if closed {
                    // Closed while the gateway was asked: what was just made shall not be paid.
                    if let Err(error) = self.end_checkout(&row).await {
                        tracing::warn!(reference = %row.reference, %error, "a closed payable can still be paid");
                    }
                    return Err(CheckoutError::Refused(Refusal::Closed));
                }
                // Only an adopted one can have been paid already; then what is due has changed.
                if made.checkout().amount_paid.is_zero() && row.state.may_take_money() {
                    return url_of(&row, origin).map(Some);
                }
                self.settle_checkout(row.pk).await?;
                Ok(None)
            }
            Err(error) => Err(self.record_refused(call, row, error).await?),
        }
    }
}

fn summary(row: &CheckoutRow, booked: i64) -> LatestCheckout<'_> {
    LatestCheckout {
        connection: row.connection_pk,
        environment: row.environment,
        amount: row.amount,
        booked,
        customer: &row.customer,
        expires_at: row.expires_at,
        state: row.state,
    }
}

fn url_of(row: &CheckoutRow, origin: UrlOrigin) -> Result<PaymentUrl, CheckoutError> {
    let url = row.url.as_deref().and_then(|url| url.parse().ok());
    let url = url.ok_or_else(|| StoreError::new("read a checkout", "it has no address"))?;
    let expires_at = times::from_millis(row.expires_at);
    Ok(PaymentUrl {
        url,
        reference: row.reference.clone(),
        expires_at,
        origin,
    })
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
