//! Links, and what payers and time do to them.

use super::Simulator;
use crate::control_error::ControlError;
use crate::operations::PaymentAttempt;
use crate::state::{LinkSnapshot, PaymentSnapshot, PaymentStatus};

impl Simulator {
    /// All links, oldest first.
    pub fn links(&self) -> Vec<LinkSnapshot> {
        self.shared.with(|state, now| {
            state
                .links
                .iter()
                .map(|link| state.snapshot(link, now))
                .collect()
        })
    }

    /// The first merchant's link with this id that there is.
    pub fn link(&self, link_id: &str) -> Option<LinkSnapshot> {
        self.shared.with(|state, now| {
            let link = state
                .merchants
                .iter()
                .find_map(|merchant| state.link_of(&merchant.client_id, link_id))?;
            state.links.get(link).map(|link| state.snapshot(link, now))
        })
    }

    /// A merchant's link.
    pub fn link_of(&self, client_id: &str, link_id: &str) -> Option<LinkSnapshot> {
        self.shared.with(|state, now| {
            let link = state.link_of(client_id, link_id)?;
            state.links.get(link).map(|link| state.snapshot(link, now))
        })
    }

    /// A payer pays.
    pub fn pay(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Success)
    }

    /// A payer tries to pay and is declined.
    pub fn fail(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Failed)
    }

    /// A payer begins to pay and leaves.
    pub fn drop_payment(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::UserDropped)
    }

    /// A payer begins to pay, and the bank has not answered yet. [`complete_payment`](Self::complete_payment) says how it ends.
    pub fn leave_pending(
        &self,
        link_id: &str,
        attempt: PaymentAttempt,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.attempt(link_id, attempt, PaymentStatus::Pending)
    }

    /// Ends a pending payment, whatever has become of its link: then all happens that would have happened at once.
    ///
    /// A second payment of a link that is already paid raises its amount paid above the amount asked for. A payment
    /// that is not pending is refused, and so is the end [`PaymentStatus::Pending`].
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

    /// Ends a link as if its time had come. `merchant` is needed where two merchants use the same link id.
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

    /// Ends all links whose time has come, and does whatever else is due. A running simulator does this by itself, and
    /// so does every call.
    pub fn run_due_tasks(&self) {
        self.shared.with(|_, _| ());
    }
}
