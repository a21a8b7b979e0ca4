//! Scheduled tasks.

/// A task that is due at a later time. The number is the position of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScheduledTask {
    /// The link expires.
    ExpireLink(usize),
    /// The event of an expired link is published.
    PublishExpiry(usize),
    /// The refund succeeds.
    CompleteRefund(usize),
    /// A payment that began before the end of the link arrives.
    LatePayment(usize),
}
