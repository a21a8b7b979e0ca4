use std::time::Duration;

/// What is known about what the gateway did with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing left this process, so nothing can have changed.
    NotSent,
    /// Nothing changed at the gateway: it said no, or the call only reads.
    Rejected,
    /// The gateway may have acted: the connection broke after sending, time ran out, or the answer
    /// cannot be read. Never treat this as a failure; ask again with the same reference.
    MaybeApplied,
}

/// Whether the same call, with the same arguments, may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAdvice {
    /// It would fail again: something has to change first.
    Never,
    /// At once.
    Now,
    /// Not before this much time has passed.
    After(Duration),
}
