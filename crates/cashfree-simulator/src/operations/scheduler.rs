//! Runs scheduled tasks when they are due.

use jiff::Timestamp;

use super::attempt::PaymentAttempt;
use crate::state::{GatewayState, PaymentStatus, RefundStatus, ScheduledTask};
use crate::webhook::Event;

impl GatewayState {
    /// Runs all due tasks.
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
                    // If the link was paid meanwhile, it takes no further payment, and none arrives.
                    let attempt = PaymentAttempt::new().late();
                    let _ = self.attempt(link, attempt, PaymentStatus::Success, now);
                }
            }
        }
    }

    /// Returns true if a task is due.
    pub(crate) fn has_due_tasks(&self, now: Timestamp) -> bool {
        self.schedule.first().is_some_and(|(at, _)| *at <= now)
    }
}
