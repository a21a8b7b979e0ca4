//! The status and totals that a gateway reports of a checkout. Posts nothing.

use payment_provider_core::{Checkout, CheckoutSnapshot, CheckoutStatus, Money, NextAction, Pii};

use super::account::CheckoutAt;
use super::checkout_state::CheckoutState;
use super::decision::{Change, Draft};
use super::history::AuditEvent;
use super::target_name::TargetName;

/// The status and totals of a checkout, with its gateway id and payment page where known.
pub(super) struct StatusReport<'a> {
    status: &'a CheckoutStatus,
    amount: Money,
    amount_paid: Money,
    gateway_id: Option<String>,
    url: Option<Pii>,
}

impl<'a> From<&'a Checkout> for StatusReport<'a> {
    fn from(checkout: &'a Checkout) -> Self {
        Self {
            status: &checkout.status,
            amount: checkout.amount,
            amount_paid: checkout.amount_paid,
            gateway_id: checkout.gateway_id.as_ref().map(ToString::to_string),
            url: match &checkout.next_action {
                NextAction::Redirect(url) => Some(Pii::new(url.as_str())),
                _ => None,
            },
        }
    }
}

impl<'a> From<&'a CheckoutSnapshot> for StatusReport<'a> {
    fn from(snapshot: &'a CheckoutSnapshot) -> Self {
        let CheckoutSnapshot {
            status,
            amount,
            amount_paid,
            ..
        } = snapshot;
        Self {
            status,
            amount: *amount,
            amount_paid: *amount_paid,
            gateway_id: None,
            url: None,
        }
    }
}

impl Draft {
    /// Records the status and totals of a checkout, whatever the order in which reports come.
    pub(super) fn record_status<'a>(
        &mut self,
        at: CheckoutAt,
        report: impl Into<StatusReport<'a>>,
    ) {
        let report = report.into();
        let before = self.checkout(at);
        let (state, paid, gateway_id) =
            (before.state, before.gateway_paid, before.gateway_id.clone());
        let mut after = before.clone();
        after.state = state.after(report.status);
        if report.amount_paid.currency() == after.amount.currency() {
            after.gateway_paid = paid.max(report.amount_paid.minor_units());
        }
        after.gateway_id = report.gateway_id.clone().or(after.gateway_id);
        let as_requested = report.amount == after.amount && !after.conflicting;
        after.url = report.url.clone().filter(|_| as_requested).or(after.url);
        let is_changed = after.state != before.state
            || after.gateway_paid != paid
            || after.gateway_id != gateway_id
            || after.url.as_ref().map(Pii::expose) != before.url.as_ref().map(Pii::expose);
        if is_changed {
            *self.edit_checkout(at) = after;
        }
        let checkout = self.checkout(at);
        let connection_pk = checkout.connection_pk;
        if state == CheckoutState::Creating || checkout.gateway_id != gateway_id {
            let mut names = vec![TargetName::Reference(checkout.reference.to_string())];
            names.extend(checkout.gateway_id.clone().map(TargetName::GatewayId));
            self.add_names(connection_pk, names);
        }
        if (state, paid) != (self.checkout(at).state, self.checkout(at).gateway_paid) {
            self.record_status_mismatch(at, &report);
        }
        let checkout = self.checkout(at);
        if state == checkout.state {
            return;
        }
        // The creation itself has a history entry of its own.
        if state != CheckoutState::Creating || checkout.state != CheckoutState::Open {
            let detail = format!(
                "{} is {} now: the gateway reports {} paid of {}",
                checkout.reference,
                checkout.state.as_str(),
                report.amount_paid,
                report.amount
            );
            self.record_history(at.account, AuditEvent::CheckoutChanged, detail);
        }
        self.notify_checkout(at);
    }

    /// Sets the state of a checkout, and notifies the handler.
    pub(super) fn set_checkout_state(&mut self, at: CheckoutAt, state: CheckoutState) {
        if self.checkout(at).state != state {
            self.edit_checkout(at).state = state;
            self.notify_checkout(at);
        }
    }

    fn notify_checkout(&mut self, at: CheckoutAt) {
        let checkout = self.checkout(at);
        let change = Change::Checkout {
            reference: checkout.reference.clone(),
            state: checkout.state,
        };
        self.notify(at.account, Some(at), change);
    }

    fn record_status_mismatch(&mut self, at: CheckoutAt, report: &StatusReport<'_>) {
        let checkout = self.checkout(at);
        let short = checkout.state == CheckoutState::Paid && report.amount_paid != checkout.amount;
        if report.amount == checkout.amount && !short {
            return;
        }
        let detail = format!(
            "{} asks for {}, but the gateway reports {} with {} paid of {}: only payments are \
             posted, not this total",
            checkout.reference, checkout.amount, report.status, report.amount_paid, report.amount
        );
        self.record_history(at.account, AuditEvent::Mismatch, detail);
    }
}
