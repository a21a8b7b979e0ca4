//! What happens by itself when its time has come.

use jiff::Timestamp;

use super::payment::PaymentStatus;
use super::refund::RefundStatus;
use super::{PaymentAttempt, World};
use crate::webhook::Occurrence;

/// Something that is to happen at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A link's time is over.
    LinkExpires(usize),
    /// A link that has expired is told about.
    ExpiryTold(usize),
    /// A refund has gone through.
    RefundSucceeds(usize),
    /// A payment begun before its link was over lands.
    PaymentLands(usize),
}

impl World {
    /// Does all whose time has come.
    pub(crate) fn run_due(&mut self, now: Timestamp) {
        while let Some(&(at, due)) = self.due.first() {
            if at > now {
                break;
            }
            self.due.pop_first();
            match due {
                Due::LinkExpires(link) => {
                    self.expire(link, now);
                }
                Due::ExpiryTold(link) => self.announce(&[Occurrence::Link(link, None)], now),
                Due::RefundSucceeds(refund) => {
                    self.end_refund(refund, RefundStatus::Success, now);
                }
                Due::PaymentLands(link) => {
                    // A link that was paid meanwhile takes no further payment; then nothing lands.
                    let attempt = PaymentAttempt::new().late();
                    let _ = self.attempt(link, attempt, PaymentStatus::Success, now);
                }
            }
        }
    }

    /// Whether something's time has come.
    pub(crate) fn has_due(&self, now: Timestamp) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now)
    }
}
