//! Links and the payment attempts on them.

use super::Simulator;
use crate::control_error::ControlError;
use crate::operations::PaymentAttempt;
use crate::state::{LinkSnapshot, PaymentSnapshot, PaymentStatus};

impl Simulator {
    /// Returns all links, oldest first.
    pub fn links(&self) -> Vec<LinkSnapshot> {
        self.shared.with(|state, now| {
            state
                .links
                .iter()
                .map(|link| state.snapshot(link, now))
                .collect()
        })
    }

    /// Returns the link with an id. If several merchants have one, the first merchant's link is returned.
    pub fn link(&self, link_id: &str) -> Option<LinkSnapshot> {
        self.shared.with(|state, now| {
            let link = state
                .merchants
                .iter()
                .find_map(|merchant| state.link_of(&merchant.client_id, link_id))?;
            state.links.get(link).map(|link| state.snapshot(link, now))
        })
    }

    /// Returns a link of a merchant.
    pub fn link_of(&self, client_id: &str, link_id: &str) -> Option<LinkSnapshot> {
        self.shared.with(|state, now| {
            let link = state.link_of(client_id, link_id)?;
            state.links.get(link).map(|link| state.snapshot(link, now))
        })
    }

    /// Pays a link.
    pub fn pay(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Success)
    }

    /// Attempts to pay a link; the payment is declined.
    pub fn fail(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Failed)
    }

    /// Starts a payment; the payer leaves it.
    pub fn drop_payment(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::UserDropped)
    }

    /// Starts a payment and leaves it pending. [`complete_payment`](Self::complete_payment) completes it.
    pub fn leave_pending(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Pending)
    }

    /// Completes a pending payment, whatever the state of its link. The effects are those of an immediate payment.
    ///
    /// A second payment of a paid link raises its paid amount above the requested amount. A payment that is not
    /// pending is refused, and so is the outcome [`PaymentStatus::Pending`].
    pub fn complete_payment(
        &self,
        cf_payment_id: &str,
        outcome: PaymentStatus,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let index = state.complete_payment(cf_payment_id, outcome, now)?;
            state
                .payment_snapshot(index)
                .ok_or_else(|| ControlError::not_found("cf_payment_id"))
        })
    }

    pub(crate) fn attempt(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
        outcome: PaymentStatus,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let link = state.find_link(link_id, attempt.merchant.as_deref())?;
            let index = state.attempt(link, attempt, outcome, now)?;
            state
                .payment_snapshot(index)
                .ok_or_else(|| ControlError::not_found("link_id"))
        })
    }

    /// Expires a link now. `merchant` is required if two merchants use the same link id.
    pub fn expire(
        &self,
        link_id: &str,
        merchant: Option<&str>,
    ) -> Result<LinkSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let link = state.find_link(link_id, merchant)?;
            let ended = state.expire(link, now);
            let owner = state
                .links
                .get(link)
                .ok_or_else(|| ControlError::not_found("link_id"))?;
            if ended {
                Ok(state.snapshot(owner, now))
            } else {
                Err(ControlError::conflict(
                    "link_not_payable",
                    "link_id",
                    format!("link_id: the link is already {}", owner.status),
                ))
            }
        })
    }

    /// Expires overdue links and runs all other due tasks. A running simulator does this in the background, and every
    /// call does it first.
    pub fn run_due_tasks(&self) {
        self.shared.with(|_, _| ());
    }
}
