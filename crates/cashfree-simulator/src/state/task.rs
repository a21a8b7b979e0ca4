//! Tasks that are due at a later time.

/// Something that is to happen at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScheduledTask {
    /// A link's time is over.
    ExpireLink(usize),
    /// A link that has expired is told about.
    PublishExpiry(usize),
    /// A refund has gone through.
    CompleteRefund(usize),
    /// A payment begun before its link was over lands.
    LatePayment(usize),
}
