//! What happens by itself when its time has come.

use jiff::Timestamp;

use super::attempt::PaymentAttempt;
use crate::state::{GatewayState, PaymentStatus, RefundStatus, ScheduledTask};
use crate::webhook::Event;

impl GatewayState {
    /// Does all whose time has come.
    pub(crate) fn run_due_tasks(&mut self, now: Timestamp) {
        while let Some(&(at, task)) = self.schedule.first() {
            if at > now {
                break;
            }
            self.schedule.pop_first();
            match task {
                ScheduledTask::ExpireLink(link) => {
                    self.expire(link, now);
                }
                ScheduledTask::PublishExpiry(link) => self.publish(&[Event::Link(link, None)], now),
                ScheduledTask::CompleteRefund(refund) => {
                    self.set_refund_status(refund, RefundStatus::Success, now);
                }
                ScheduledTask::LatePayment(link) => {
                    // A link that was paid meanwhile takes no further payment; then nothing lands.
                    let attempt = PaymentAttempt::new().late();
                    let _ = self.attempt(link, attempt, PaymentStatus::Success, now);
                }
            }
        }
    }

    /// Whether something's time has come.
    pub(crate) fn has_due_tasks(&self, now: Timestamp) -> bool {
        self.schedule.first().is_some_and(|(at, _)| *at <= now)
    }
}
