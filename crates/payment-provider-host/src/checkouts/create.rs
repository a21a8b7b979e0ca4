//! Requests a new checkout: the request is stored before it is sent, and the answer recorded with what it
//! proves.

use payment_provider_core::{
    CreatedCheckout, Effect, ProviderError, ProviderErrorKind, RetryAdvice,
};

use super::call::Call;
use super::outcome::{PaymentUrl, UrlOrigin, url_of};
use super::{Checkouts, reference};
use crate::accounting::{
    Account, CheckoutRecord, CheckoutState, CreationFailure, conflicting, created, creation_failed,
    requested,
};
use crate::crash_point::CommitStep;
use crate::error::{Entity, Error};
use crate::reconcile::CONSISTENCY_WINDOW;
use crate::store::{StoreError, Transaction};
use crate::timestamp::{self, millis};

/// A change of the payable while the gateway was asked for its checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConcurrentChange {
    None,
    /// The payable was closed.
    Closed,
    /// The customer pays through another connection now.
    CustomerMoved,
    /// The checkout counted as never made, and another was requested.
    Replaced,
}

/// The result of sending a request.
pub(super) enum Sent {
    Payable(PaymentUrl),
    /// The payable was closed meanwhile.
    Closed,
    /// The plan has to be made again.
    PlanAgain,
}

impl Checkouts {
    /// Stores the request for a new checkout.
    pub(super) async fn store_request(
        &self,
        tx: &mut Transaction,
        call: &Call<'_>,
        account: Account,
    ) -> Result<CheckoutRecord, Error> {
        let ledger = self.ledger();
        let now = ledger.now();
        let due = account.balance().due();
        let attempt = account.checkouts.iter().map(|row| row.attempt).max();
        let attempt = attempt.unwrap_or(0) + 1;
        let connection = &call.connection;
        let origin = reference::Origin {
            installation: &self.config.installation,
            organization: &account.payable.organization,
            connection: &connection.code,
            payable: &account.payable.payable,
            attempt,
        };
        let reference = reference::derive(&self.config.reference_label, &origin)
            .map_err(|error| StoreError::new("derive a reference", error))?;
        let request = self.request(call, reference.clone(), due);
        let expires_at = timestamp::to_millis(request.expires_at);
        let prepared = call.provider.prepare_checkout(&request)?;
        let checkout = CheckoutRecord {
            pk: 0,
            payable_pk: account.payable.pk,
            connection_pk: connection.pk,
            connection: connection.code.clone(),
            attempt,
            reference,
            customer: call.payable.customer.clone(),
            environment: connection.environment,
            amount: due,
            partial: request.partial_payments.is_some(),
            prepared,
            expires_at,
            state: CheckoutState::Creating,
            tries: 1,
            tried_at: now,
            gateway_id: None,
            url: None,
            list_begun_at: None,
            gateway_paid: 0,
            written_off: 0,
            conflicting: false,
            created_at: now,
            posted: 0,
            has_payment: false,
        };
        let ((), accounts) = ledger.record(tx, requested(account, checkout, now)).await?;
        let stored = accounts.into_iter().flat_map(|account| account.checkouts);
        let stored = stored.last().map(|row| (*row).clone());
        stored.ok_or_else(|| Entity::Checkout.into())
    }

    /// Sends the stored request. `tried_before` is the time of the request before it, if there was one.
    pub(super) async fn send_request(
        &self,
        call: &Call<'_>,
        checkout: CheckoutRecord,
        tried_before: Option<i64>,
    ) -> Result<Sent, Error> {
        let made = match call.provider.create_checkout(&checkout.prepared).await {
            Ok(made) => made,
            Err(error) if error.kind() == ProviderErrorKind::Conflict => {
                // Something else exists under this reference. It must not stay payable.
                self.record_conflict(checkout.pk, &error).await?;
                self.end_checkout(&checkout).await?;
                return Err(error.into());
            }
            Err(error) => {
                self.record_failure(call, &checkout, tried_before, &error)
                    .await?;
                return Err(error.into());
            }
        };
        let origin = match made {
            CreatedCheckout::Created(_) => UrlOrigin::Created,
            CreatedCheckout::Adopted(_) => UrlOrigin::Adopted,
        };
        let (checkout, change) = self.record_created(checkout.pk, &made, origin).await?;
        if change != ConcurrentChange::None {
            // The checkout that was just made must not be paid.
            self.withdraw(&checkout).await;
        }
        match change {
            ConcurrentChange::None => {}
            ConcurrentChange::Closed => return Ok(Sent::Closed),
            ConcurrentChange::CustomerMoved | ConcurrentChange::Replaced => {
                return Ok(Sent::PlanAgain);
            }
        }
        // Only an adopted checkout can have been paid, or have ended, already.
        if !made.checkout().amount_paid.is_zero() || !checkout.state.may_take_money() {
            return Ok(Sent::PlanAgain);
        }
        url_of(&checkout, origin).map(Sent::Payable)
    }

    /// Records that the checkout exists, and what is paid on it. Also returns what changed while the
    /// gateway was asked.
    async fn record_created(
        &self,
        checkout_pk: i64,
        made: &CreatedCheckout,
        origin: UrlOrigin,
    ) -> Result<(CheckoutRecord, ConcurrentChange), Error> {
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout_pk).await?;
        let adopted = origin == UrlOrigin::Adopted;
        let decision = created(account, checkout_pk, made.checkout(), adopted, ledger.now());
        let ((), accounts) = ledger.record(&mut tx, decision).await?;
        let account = accounts.into_iter().next();
        let account = account.ok_or(Entity::Payable)?;
        let checkout = account.checkout(checkout_pk).cloned();
        let checkout = checkout.ok_or(Entity::Checkout)?;
        let linked = tx
            .link_of_customer(&account.payable.organization, &checkout.customer)
            .await?;
        tx.commit_as(CommitStep::Created).await?;
        let mut others = account.checkouts.iter();
        let change = if account.payable.closed.is_some() {
            ConcurrentChange::Closed
        } else if linked.is_none_or(|(connection_pk, _)| connection_pk != checkout.connection_pk) {
            ConcurrentChange::CustomerMoved
        } else if others.any(|other| other.attempt > checkout.attempt) {
            ConcurrentChange::Replaced
        } else {
            ConcurrentChange::None
        };
        Ok((checkout, change))
    }

    /// Records a failed request, and whether it proves that the checkout was never made.
    ///
    /// A final refusal of the only request is proof. After a request of unknown effect, the gateway also
    /// has to report that there is none, long enough after that request.
    async fn record_failure(
        &self,
        call: &Call<'_>,
        checkout: &CheckoutRecord,
        tried_before: Option<i64>,
        error: &ProviderError,
    ) -> Result<(), Error> {
        let had_effect = error.effect() == Effect::MaybeApplied;
        let refused = !had_effect && error.retry() == RetryAdvice::Never;
        // The refused request had no effect; one before it may have had.
        let never_made = match tried_before {
            None => refused,
            Some(at) => refused && self.is_absent(call, checkout, at).await,
        };
        let reason = error.to_string();
        let failure = CreationFailure {
            error: &reason,
            tries: checkout.tries,
            never_made,
            last_effective_try: tried_before.filter(|_| !had_effect),
        };
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout.pk).await?;
        let decision = creation_failed(account, checkout.pk, failure, ledger.now());
        ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::Refused).await?;
        Ok(())
    }

    /// Records that the gateway has something else under the checkout's reference.
    async fn record_conflict(&self, checkout_pk: i64, error: &ProviderError) -> Result<(), Error> {
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout_pk).await?;
        let reason = error.to_string();
        let decision = conflicting(account, checkout_pk, &reason, ledger.now());
        ledger.record(&mut tx, decision).await?;
        Ok(tx.commit_as(CommitStep::Conflict).await?)
    }

    async fn is_absent(
        &self,
        call: &Call<'_>,
        checkout: &CheckoutRecord,
        tried_before: i64,
    ) -> bool {
        let window = millis(CONSISTENCY_WINDOW);
        if self.ledger().now() < tried_before.saturating_add(window) {
            return false;
        }
        let locator = checkout.reference.clone().into();
        let fetched = call.provider.fetch_checkout(&locator).await;
        fetched.is_err_and(|error| error.kind() == ProviderErrorKind::NotFound)
    }
}
