//! The URL at which a payable can be paid now.

use payment_provider_core::{ViolationCode, Violations};

use super::Checkouts;
use super::call::Call;
use super::create::Sent;
use super::outcome::{NothingDue, PaymentUrlOutcome, UrlOrigin, url_of};
use super::plan::{Desired, Existing, Plan, plan};
use crate::accounting::{
    Account, AmountOutcome, CheckoutRecord, PayableRecord, Tracked, amount_owed, resent,
};
use crate::crash_point::CommitStep;
use crate::error::{Entity, Error, Refusal};
use crate::payable::Payable;
use crate::reconcile::CONSISTENCY_WINDOW;
use crate::store::Transaction;
use crate::timestamp::millis;

/// The number of plans made in one call: each is made anew if carrying out the one before showed that
/// something had changed.
const MAX_PLANS: usize = 5;

/// The next step of a call.
enum Step {
    /// Open the customer's connection again: the customer moved, or has other details, since the call
    /// began.
    Reopen,
    NothingDue(NothingDue),
    Reconcile(CheckoutRecord),
    End {
        checkout: CheckoutRecord,
        or_reuse: bool,
    },
    Reuse(CheckoutRecord),
    /// The whole amount was received, and on this checkout a payer could pay again.
    EndRedundant(CheckoutRecord),
    /// Send the stored request; with the time of the request before it, if there was one.
    Send {
        checkout: CheckoutRecord,
        tried_before: Option<i64>,
    },
}

impl Step {
    /// Returns the step as which the plan is committed.
    const fn commit_step(&self) -> CommitStep {
        match self {
            Self::Send {
                tried_before: None, ..
            } => CommitStep::Request,
            Self::Send { .. } => CommitStep::Resend,
            _ => CommitStep::Plan,
        }
    }
}

impl Checkouts {
    /// Returns the URL at which this payable can be paid now.
    pub(crate) async fn payment_url(&self, payable: &Payable) -> Result<PaymentUrlOutcome, Error> {
        require_positive(payable)?;
        let mut call = self.open_call(payable).await?;
        let mut reconciled = Vec::new();
        let reused = |checkout: &CheckoutRecord| {
            url_of(checkout, UrlOrigin::Reused).map(PaymentUrlOutcome::Pay)
        };
        for _ in 0..MAX_PLANS {
            match self.next_step(&call).await? {
                Step::Reopen => call = self.open_call(payable).await?,
                Step::NothingDue(reason) => return Ok(PaymentUrlOutcome::NothingDue(reason)),
                Step::Reuse(checkout) => return reused(&checkout),
                Step::Reconcile(checkout) if reconciled.contains(&checkout.pk) => {
                    // The gateway reports money that it does not list. The payer must not pay again.
                    return Err(Error::pending(CONSISTENCY_WINDOW));
                }
                Step::Reconcile(checkout) => {
                    self.reconciler.reconcile_checkout(&checkout).await?;
                    reconciled.push(checkout.pk);
                }
                Step::End { checkout, or_reuse } => match self.end_checkout(&checkout).await {
                    Err(error) if error.is_still_payable() && or_reuse => {
                        if let Some(checkout) = self.reconciler.if_reconciled(checkout.pk).await? {
                            return reused(&checkout);
                        }
                    }
                    ended => ended?,
                },
                Step::EndRedundant(checkout) => {
                    if !self.withdraw(&checkout).await {
                        return Ok(PaymentUrlOutcome::NothingDue(NothingDue::Paid));
                    }
                }
                Step::Send {
                    checkout,
                    tried_before,
                } => match self.send_request(&call, checkout, tried_before).await? {
                    Sent::Payable(url) => return Ok(PaymentUrlOutcome::Pay(url)),
                    Sent::Closed => {
                        return Ok(PaymentUrlOutcome::NothingDue(NothingDue::Closed));
                    }
                    Sent::PlanAgain => {}
                },
            }
        }
        Err(Error::pending(CONSISTENCY_WINDOW))
    }

    async fn open_call<'a>(&self, payable: &'a Payable) -> Result<Call<'a>, Error> {
        let store = &self.ledger().store;
        let linked = store
            .customer(&payable.organization, &payable.customer)
            .await?;
        let linked = linked.ok_or(Refusal::CustomerNotLinked)?;
        let connection = store.connection_by_pk(linked.connection_pk).await?;
        let connection = connection.ok_or(Entity::Connection)?;
        if !connection.enabled {
            return Err(Refusal::ConnectionDisabled.into());
        }
        let provider = self.connections().open(&connection)?;
        Ok(Call {
            payable,
            customer: linked.customer,
            connection,
            provider,
        })
    }

    /// Plans in one write transaction, and stores the request that will be sent before it is sent.
    async fn next_step(&self, call: &Call<'_>) -> Result<Step, Error> {
        let ledger = self.ledger();
        let mut tx = ledger.store.begin().await?;
        let Some(account) = self.open_account(&mut tx, call.payable).await? else {
            return Err(Refusal::AmountChanged.into());
        };
        if account.balance().closed().is_some() {
            return Ok(Step::NothingDue(NothingDue::Closed));
        }
        let Payable {
            organization,
            customer,
            ..
        } = call.payable;
        let linked = tx.link_of_customer(organization, customer).await?;
        let is_unchanged = linked.is_some_and(|(connection_pk, customer)| {
            connection_pk == call.connection.pk && customer == call.customer
        });
        if !is_unchanged {
            return Ok(Step::Reopen);
        }
        let planned = self.plan_now(call, &account);
        if account.balance().due().is_zero() && !matches!(planned, Plan::Reconcile(_)) {
            return Ok(match account.redundant_checkouts().next_back() {
                Some(checkout) => Step::EndRedundant(checkout.clone()),
                None => Step::NothingDue(NothingDue::Paid),
            });
        }
        let existing = planned
            .checkout()
            .and_then(|pk| account.checkout(pk))
            .cloned();
        let step = match (planned, existing) {
            (Plan::Reconcile(_), Some(checkout)) => Step::Reconcile(checkout),
            (Plan::End { or_reuse, .. }, Some(checkout)) => Step::End { checkout, or_reuse },
            (Plan::Reuse(_), Some(checkout)) => Step::Reuse(checkout),
            (Plan::Resume(_), Some(checkout)) => {
                let tried_before = Some(checkout.tried_at);
                let decision = resent(account, checkout.pk, ledger.now());
                let ((), accounts) = ledger.record(&mut tx, decision).await?;
                let sent = accounts.first().and_then(|row| row.checkout(checkout.pk));
                Step::Send {
                    checkout: sent.cloned().unwrap_or(checkout),
                    tried_before,
                }
            }
            _ => {
                let checkout = self.store_request(&mut tx, call, account).await?;
                Step::Send {
                    checkout,
                    tried_before: None,
                }
            }
        };
        tx.commit_as(step.commit_step()).await?;
        Ok(step)
    }

    /// Loads the account of a payable, or makes it, and records the amount owed. `None` if the amount
    /// changed after money was received.
    pub(crate) async fn open_account(
        &self,
        tx: &mut Transaction,
        payable: &Payable,
    ) -> Result<Option<Account>, Error> {
        let ledger = self.ledger();
        let known = ledger
            .account_of(tx, &payable.organization, &payable.id)
            .await?;
        let account = known.unwrap_or_else(|| new_account(payable, ledger.now()));
        let decision = amount_owed(account, payable.amount, ledger.now())?;
        if decision.outcome == AmountOutcome::Refused {
            return Ok(None);
        }
        let (_, accounts) = ledger.record(tx, decision).await?;
        Ok(accounts.into_iter().next())
    }

    fn plan_now(&self, call: &Call<'_>, account: &Account) -> Plan {
        let desired = Desired {
            connection_pk: call.connection.pk,
            environment: call.connection.environment,
            due: account.balance().due(),
            customer: &call.payable.customer,
            partial: call.payable.partial_payments.is_some(),
            now: self.ledger().now(),
            min_lifetime: millis(self.config.min_remaining_lifetime),
        };
        let mut existing: Vec<Existing<'_>> = account
            .checkouts
            .iter()
            .map(|row| (&**row).into())
            .collect();
        if let (Some(latest), Some(row)) = (existing.last_mut(), account.checkouts.last()) {
            latest.customer_changed =
                row.state.may_take_money() && self.customer_changed(call, row, desired.due);
        }
        plan(&desired, &existing)
    }
}

/// Returns an error unless the amount owed is positive.
pub(crate) fn require_positive(payable: &Payable) -> Result<(), Error> {
    if payable.amount.is_positive() {
        return Ok(());
    }
    let mut violations = Violations::none();
    violations.push("amount", ViolationCode::Invalid, "must be more than zero");
    Err(violations.into())
}

fn new_account(payable: &Payable, now: i64) -> Account {
    let amount = payable.amount.minor_units();
    let record = PayableRecord {
        pk: 0,
        organization: payable.organization.clone(),
        payable: payable.id.clone(),
        currency: payable.amount.currency(),
        amount,
        applicable: amount,
        received: 0,
        applied: 0,
        overpaid: 0,
        refunded: 0,
        closed: None,
        created_at: now,
    };
    let mut account = Account::new(record.clone(), Vec::new(), Vec::new(), Vec::new());
    account.payable = Tracked::added(record);
    account
}
