use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutReference, CreatedCheckout, Customer, ErrorKind, PaymentProvider,
};

use super::outcome::Meanwhile;
use super::planner::{Plan, Wanted, plan};
use super::unbooked::summary;
use super::{CheckoutError, Refusal};
use crate::cash::Account;
use crate::connections::ConnectionError;
use crate::ledger::account_of;
use crate::store::{CheckoutRow, ConnectionRow, Transaction};
use crate::{Host, Payable, times};

/// How often a plan is made anew because carrying it out showed that something had changed.
const MOST_PLANS: usize = 5;

/// For how long after it was last asked for "not found" is no proof that a checkout was never made.
pub(super) const SETTLING: Duration = Duration::from_mins(2);

/// Where a payer pays.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentUrl {
    /// The gateway's page. Whoever has it can pay: hand it to the payer only.
    pub url: Url,
    /// The checkout's reference.
    pub reference: CheckoutReference,
    /// When the page stops taking new payments.
    pub expires_at: Timestamp,
    /// Where the address comes from.
    pub origin: UrlOrigin,
}

impl fmt::Debug for PaymentUrl {
    /// Leaves out the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentUrl")
            .field("reference", &self.reference)
            .field("expires_at", &self.expires_at)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
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
    pub(super) provider: Arc<dyn PaymentProvider>,
}

/// What the store says is next.
enum Step {
    /// The customer was moved since the call began.
    Reopen,
    Settle(CheckoutRow),
    End {
        row: CheckoutRow,
        or_reuse: bool,
    },
    HandOut(CheckoutRow),
    /// All of it is paid, and on this one a payer could pay again.
    EndNeedless(CheckoutRow),
    /// With when it was asked for before, if it was.
    Ask {
        row: CheckoutRow,
        tried_before: Option<i64>,
    },
}

impl Host {
    /// The address at which this payable can be paid now.
    ///
    /// **Contract.** At most one checkout of a payable can be paid at any time, as far as the
    /// gateway allows it: a good one is handed out again, one that asks for something else is ended
    /// before another is made, and so is one that turns out to be alive after all. Only what is still
    /// due is asked for, and not before all money the gateway knows of is booked or written off: as long
    /// as it states money that it does not list, the answer is [`CheckoutError::Busy`]. If that lasts,
    /// see [`write_off`](Self::write_off).
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
        let mut call = self.open_call(payable).await?;
        let mut settled = Vec::new();
        for _ in 0..MOST_PLANS {
            match self.next_step(&call).await? {
                Step::Reopen => call = self.open_call(payable).await?,
                Step::HandOut(row) => return url_of(&row, UrlOrigin::Reused),
                Step::Settle(row) if settled.contains(&row.pk) => {
                    // The gateway states money that it does not list. Nobody is asked to pay again.
                    return Err(CheckoutError::Busy {
                        retry_after: SETTLING,
                    });
                }
                Step::Settle(row) => {
                    self.settle_checkout(row.pk).await?;
                    settled.push(row.pk);
                }
                Step::End { row, or_reuse } => match self.end_checkout(&row).await {
                    Err(CheckoutError::Refused(Refusal::EarlierStillPayable)) if or_reuse => {
                        if let Some(row) = self.unless_owing(row.pk).await? {
                            return url_of(&row, UrlOrigin::Reused);
                        }
                    }
                    ended => ended?,
                },
                Step::EndNeedless(row) => {
                    if !self.take_back(&row).await {
                        return Err(CheckoutError::Refused(Refusal::Paid));
                    }
                }
                Step::Ask { row, tried_before } => {
                    if let Some(url) = self.ask_gateway(&call, row, tried_before).await? {
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
        crash_point!("checkout.1-asked");
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let payable = self.open_payable(&mut tx, call.payable).await?;
        let account = account_of(&payable);
        if account.closed().is_some() {
            return Err(CheckoutError::Refused(Refusal::Closed));
        }
        let Payable {
            organization,
            customer,
            ..
        } = call.payable;
        let linked = tx.link_of_customer(organization, customer).await?;
        if linked != Some(call.connection.pk) {
            return Ok(Step::Reopen);
        }
        let mut rows = tx.checkouts_of(payable.pk).await?;
        let planned = self.plan_now(&mut tx, call, &account, &rows).await?;
        if account.due().is_zero() && !matches!(planned, Plan::Settle(_)) {
            let mut needless = self.needless_of(&mut tx, payable.pk).await?;
            return match needless.pop() {
                Some(row) => Ok(Step::EndNeedless(row)),
                None => Err(CheckoutError::Refused(Refusal::Paid)),
            };
        }
        let attempt = rows.iter().map(|row| row.attempt).max().unwrap_or(0) + 1;
        let of_plan = rows
            .iter()
            .position(|row| Some(row.pk) == planned.checkout());
        let step = match (planned, of_plan.map(|position| rows.swap_remove(position))) {
            (Plan::Settle(_), Some(row)) => Step::Settle(row),
            (Plan::End { or_reuse, .. }, Some(row)) => Step::End { row, or_reuse },
            (Plan::Reuse(_), Some(row)) => Step::HandOut(row),
            (Plan::Resume(_), Some(mut row)) => {
                let tried_before = Some(row.tried_at);
                row.tries += 1;
                row.tried_at = self.now_millis();
                tx.put_checkout(&row).await?;
                crash_point!("again.1-before-commit");
                Step::Ask { row, tried_before }
            }
            _ => {
                let row = self
                    .store_request(&mut tx, call, &payable, &account, attempt)
                    .await?;
                crash_point!("checkout.2-before-commit");
                Step::Ask {
                    row,
                    tried_before: None,
                }
            }
        };
        tx.commit().await?;
        Ok(step)
    }

    async fn plan_now(
        &self,
        tx: &mut Transaction,
        call: &Call<'_>,
        account: &Account,
        rows: &[CheckoutRow],
    ) -> Result<Plan, CheckoutError> {
        let wanted = Wanted {
            connection_pk: call.connection.pk,
            environment: call.connection.environment,
            due: account.due(),
            customer: &call.payable.customer,
            partial: call.payable.partial_payments.is_some(),
            now: self.now_millis(),
            least_life: millis(self.inner.config.least_remaining_life),
        };
        let mut earlier = Vec::with_capacity(rows.len());
        for row in rows {
            let payments = tx.payments_of_checkout(row.pk).await?;
            earlier.push(summary(row, &payments));
        }
        Ok(plan(&wanted, &earlier))
    }

    /// Sends what is stored. `None`: look at the plan again.
    async fn ask_gateway(
        &self,
        call: &Call<'_>,
        row: CheckoutRow,
        tried_before: Option<i64>,
    ) -> Result<Option<PaymentUrl>, CheckoutError> {
        crash_point!("checkout.3-stored");
        let made = match call.provider.create_checkout(&row.prepared).await {
            Ok(made) => made,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                // Something else is there under this reference. It must not stay payable.
                crash_point!("conflict.1-told");
                self.record_conflict(row.pk, &error).await?;
                crash_point!("conflict.3-recorded");
                self.end_checkout(&row).await?;
                return Err(CheckoutError::Provider(error));
            }
            Err(error) => {
                return Err(self.record_refused(call, row, tried_before, error).await?);
            }
        };
        let origin = match made {
            CreatedCheckout::Created(_) => UrlOrigin::Created,
            CreatedCheckout::Adopted(_) => UrlOrigin::Adopted,
        };
        crash_point!("checkout.4-answered");
        let (row, meanwhile) = self.record_made(row.pk, made.checkout(), origin).await?;
        crash_point!("checkout.6-recorded");
        if meanwhile != Meanwhile::Nothing {
            // What was just made shall not be paid.
            self.take_back(&row).await;
        }
        match meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::Closed => return Err(CheckoutError::Refused(Refusal::Closed)),
            Meanwhile::Moved | Meanwhile::Replaced => return Ok(None),
        }
        // Only an adopted one can have been paid, or have ended, already.
        if !made.checkout().amount_paid.is_zero() || !row.state.may_take_money() {
            return Ok(None);
        }
        if row.url.is_none() {
            return Err(CheckoutError::Refused(Refusal::NoAddress));
        }
        url_of(&row, origin).map(Some)
    }

    /// Ends a checkout that is no longer wanted, as far as that can be done now. Says whether it was.
    async fn take_back(&self, row: &CheckoutRow) -> bool {
        crash_point!("withdrawn.1-made");
        let ended = self.end_checkout(row).await;
        if let Err(error) = &ended {
            tracing::warn!(reference = %row.reference, %error, "a checkout that is not wanted any more can still be paid");
        }
        crash_point!("withdrawn.2-ended");
        if let Err(error) = self.book_known_money(row.pk).await {
            tracing::warn!(reference = %row.reference, %error, "money on a checkout that is not wanted any more is not booked yet");
        }
        ended.is_ok()
    }
}

fn url_of(row: &CheckoutRow, origin: UrlOrigin) -> Result<PaymentUrl, CheckoutError> {
    let url = row.url.as_ref().and_then(|url| url.expose().parse().ok());
    let url = url.ok_or(CheckoutError::Refused(Refusal::NoAddress))?;
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
