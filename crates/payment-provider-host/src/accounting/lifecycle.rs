//! The life of a checkout: requested, created, refused, ended.

use payment_provider_core::{Cancellation, Checkout, CheckoutStatus, Money, MoneyError};

use super::account::{Account, CheckoutAt, CheckoutRecord, Tracked};
use super::checkout_state::CheckoutState;
use super::decision::{Decision, Draft};
use super::history::AuditEvent;

/// The result of changing the amount owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AmountOutcome {
    /// The account is owed this amount, or is closed.
    Kept,
    /// Money was received for another amount or currency.
    Refused,
}

/// Decides the amount owed, as the host states it. It may change until money is received.
pub(crate) fn amount_owed(
    account: Account,
    amount: Money,
    now: i64,
) -> Result<Decision<AmountOutcome>, MoneyError> {
    let mut draft = Draft::new(vec![account], now);
    let payable = &draft.account(0).payable;
    let same = payable.amount == amount.minor_units() && payable.currency == amount.currency();
    if same || payable.closed.is_some() {
        return Ok(draft.decide(AmountOutcome::Kept));
    }
    // Money in another currency is in no total, and would be in none of another currency's.
    let has_payment = |row: &Tracked<CheckoutRecord>| row.has_payment;
    if payable.received > 0 || draft.account(0).checkouts.iter().any(has_payment) {
        return Ok(draft.decide(AmountOutcome::Refused));
    }
    let payable = draft.account_mut(0).payable.edit();
    payable.amount = amount.minor_units();
    payable.applicable = amount.minor_units();
    payable.currency = amount.currency();
    // Refunds in the new currency count from now on, and those in the former one no more.
    let account = draft.account(0);
    let mut balance = account.balance();
    balance.set_refunds(account.refunds.iter().map(|row| &row.refund))?;
    draft.set_balance(0, balance);
    Ok(draft.decide(AmountOutcome::Kept))
}

/// Decides to request a new checkout. It is stored before the gateway is called.
pub(crate) fn requested(account: Account, checkout: CheckoutRecord, now: i64) -> Decision<()> {
    let mut draft = Draft::new(vec![account], now);
    let detail = format!(
        "{} is due and requested as {}, through the connection {}",
        checkout.amount, checkout.reference, checkout.connection
    );
    draft
        .account_mut(0)
        .checkouts
        .push(Tracked::added(checkout));
    draft.record_history(0, AuditEvent::CheckoutRequested, detail);
    draft.decide(())
}

/// Decides to send the stored request of a checkout once more.
pub(crate) fn resent(account: Account, checkout_pk: i64, now: i64) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let checkout = draft.edit_checkout(at);
        checkout.tries += 1;
        checkout.tried_at = now;
    })
}

/// Decides that the gateway has the checkout. `adopted` says that an earlier request had made it.
pub(crate) fn created(
    account: Account,
    checkout_pk: i64,
    found: &Checkout,
    adopted: bool,
    now: i64,
) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let checkout = draft.checkout(at);
        if checkout.state == CheckoutState::Creating {
            let origin = if adopted {
                "found at the gateway, where an earlier request had made it"
            } else {
                "made at the gateway"
            };
            let detail = format!(
                "{} is {origin}; its status is {}",
                checkout.reference, found.status
            );
            draft.record_history(at.account, AuditEvent::CheckoutCreated, detail);
        }
        draft.record_status(at, found);
    })
}

/// A failed creation, and what it proves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CreationFailure<'a> {
    /// The error, for people.
    pub(crate) error: &'a str,
    /// The number of requests sent when this one was.
    pub(crate) tries: i64,
    /// True if the checkout certainly does not exist at the gateway.
    pub(crate) never_made: bool,
    /// The time of the request before, if this one certainly had no effect: it does not count.
    pub(crate) last_effective_try: Option<i64>,
}

/// Decides a failed creation. Proof that the checkout was never made counts only if no other request
/// was sent meanwhile.
pub(crate) fn creation_failed(
    account: Account,
    checkout_pk: i64,
    failure: CreationFailure<'_>,
    now: i64,
) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let checkout = draft.checkout(at);
        if checkout.state != CheckoutState::Creating {
            return;
        }
        let is_latest = checkout.tries == failure.tries;
        let failed = failure.never_made && is_latest;
        let conclusion = if failed {
            "it was not made"
        } else {
            "whether it was made is looked up before another is requested"
        };
        let detail = format!("{}: {}; {conclusion}", checkout.reference, failure.error);
        draft.record_history(at.account, AuditEvent::CheckoutFailed, detail);
        if let Some(tried_at) = failure.last_effective_try.filter(|_| is_latest) {
            draft.edit_checkout(at).tried_at = tried_at;
        }
        if failed {
            draft.set_checkout_state(at, CheckoutState::Failed);
        }
    })
}

/// Decides that the gateway has something else under the checkout's reference.
pub(crate) fn conflicting(
    account: Account,
    checkout_pk: i64,
    error: &str,
    now: i64,
) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let checkout = draft.edit_checkout(at);
        checkout.conflicting = true;
        checkout.url = None;
        let detail = format!(
            "the gateway has something else than requested as {}, so it is cancelled: {error}",
            checkout.reference
        );
        draft.record_history(at.account, AuditEvent::Mismatch, detail);
    })
}

/// Decides the gateway's answer to a cancellation. That it does not cancel the checkout is recorded once: if
/// the call is not `repeated`.
pub(crate) fn cancelled(
    account: Account,
    checkout_pk: i64,
    answer: &Cancellation,
    repeated: bool,
    now: i64,
) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let reference = draft.checkout(at).reference.clone();
        let (event, detail) = match answer {
            Cancellation::Cancelled(_) => (
                AuditEvent::CheckoutCancelled,
                format!("{reference} is cancelled: no new payment can begin"),
            ),
            Cancellation::AlreadyEnded(found) => (
                AuditEvent::CheckoutChanged,
                format!(
                    "{reference} was to be cancelled but had ended before: the gateway reports {}",
                    found.status
                ),
            ),
            Cancellation::StillPayable(found) => {
                // It did not end at the requested time. The gateway may have changed its end.
                let reported = found.expires_at.map(crate::timestamp::to_millis);
                let checkout = draft.edit_checkout(at);
                checkout.expires_at = reported.unwrap_or(checkout.expires_at).max(now);
                (
                    AuditEvent::CheckoutStillPayable,
                    format!(
                        "the gateway does not cancel {reference}: it can be paid until it expires"
                    ),
                )
            }
        };
        if !(repeated && matches!(answer, Cancellation::StillPayable(_))) {
            draft.record_history(at.account, event, detail);
        }
        draft.record_status(at, answer.checkout());
    })
}

/// The result of looking for the end of a checkout without the gateway's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndOutcome {
    /// It takes no new payments.
    Ended,
    /// It can be paid until it expires.
    StillPayable,
    /// Its request may still take effect: ask again later.
    TooEarly,
    /// The gateway's answer proves nothing.
    Unproven,
}

/// Decides that the gateway does not know the checkout.
///
/// That proves something only of one that was never seen there, `consistency_window` milliseconds
/// after its request was last sent, if none is sent meanwhile.
pub(crate) fn not_found(
    account: Account,
    checkout_pk: i64,
    tries: i64,
    consistency_window: i64,
    now: i64,
) -> Decision<EndOutcome> {
    decide(account, checkout_pk, now, EndOutcome::Ended, |draft, at| {
        let checkout = draft.checkout(at);
        if !checkout.state.may_take_money() {
            return EndOutcome::Ended;
        }
        let passed = |since: i64| now >= since.saturating_add(consistency_window);
        let (state, event, conclusion) = match checkout.state {
            CheckoutState::Creating if checkout.tries == tries && passed(checkout.tried_at) => (
                CheckoutState::Failed,
                AuditEvent::CheckoutFailed,
                "it was never made",
            ),
            CheckoutState::Creating => return EndOutcome::TooEarly,
            // It existed once. By now it has expired in any case.
            _ if passed(checkout.expires_at) => (
                CheckoutState::Expired,
                AuditEvent::CheckoutChanged,
                "it has expired",
            ),
            _ => return EndOutcome::Unproven,
        };
        let detail = format!(
            "the gateway does not know {}: {conclusion}",
            checkout.reference
        );
        draft.record_history(at.account, event, detail);
        draft.set_checkout_state(at, state);
        EndOutcome::Ended
    })
}

/// Decides the end of a checkout at a gateway that neither cancels checkouts nor reports their
/// status: it expires by this host's clock. Money that comes in later is posted all the same.
pub(crate) fn expired_by_clock(
    account: Account,
    checkout_pk: i64,
    repeated: bool,
    now: i64,
) -> Decision<EndOutcome> {
    decide(account, checkout_pk, now, EndOutcome::Ended, |draft, at| {
        let checkout = draft.checkout(at);
        if !checkout.state.may_take_money() {
            return EndOutcome::Ended;
        }
        if now < checkout.expires_at || checkout.conflicting {
            let detail = format!(
                "the gateway cannot cancel {}: it can be paid until it expires",
                checkout.reference
            );
            if !repeated {
                draft.record_history(at.account, AuditEvent::CheckoutStillPayable, detail);
            }
            return EndOutcome::StillPayable;
        }
        let detail = format!(
            "{} counts as expired by the clock: the gateway has no status API",
            checkout.reference
        );
        draft.record_history(at.account, AuditEvent::CheckoutChanged, detail);
        let state = checkout_after_expiry(draft, at);
        draft.set_checkout_state(at, state);
        EndOutcome::Ended
    })
}

/// Decides the end of a checkout that expired long ago, while the gateway refuses every call.
pub(crate) fn expired_unreachable(
    account: Account,
    checkout_pk: i64,
    error: &str,
    now: i64,
) -> Decision<()> {
    change(account, checkout_pk, now, |draft, at| {
        let checkout = draft.checkout(at);
        if !checkout.state.may_take_money() {
            return;
        }
        let detail = format!(
            "{} counts as expired: it expired long ago, and the gateway cannot be asked: {error}",
            checkout.reference
        );
        draft.record_history(at.account, AuditEvent::CheckoutChanged, detail);
        let state = checkout_after_expiry(draft, at);
        draft.set_checkout_state(at, state);
    })
}

fn checkout_after_expiry(draft: &Draft, at: CheckoutAt) -> CheckoutState {
    draft.checkout(at).state.after(&CheckoutStatus::Expired)
}

fn change(
    account: Account,
    checkout_pk: i64,
    now: i64,
    rule: impl FnOnce(&mut Draft, CheckoutAt),
) -> Decision<()> {
    decide(account, checkout_pk, now, (), rule)
}

/// Applies a rule to one checkout; an account without it is left unchanged.
fn decide<T>(
    account: Account,
    checkout_pk: i64,
    now: i64,
    without: T,
    rule: impl FnOnce(&mut Draft, CheckoutAt) -> T,
) -> Decision<T> {
    let mut draft = Draft::new(vec![account], now);
    let outcome = match draft.checkout_at(checkout_pk) {
        Some(at) => rule(&mut draft, at),
        None => without,
    };
    draft.decide(outcome)
}
