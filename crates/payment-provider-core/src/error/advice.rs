use std::time::Duration;

/// The known effect of a request at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// No request left this process, so nothing can have changed.
    NotSent,
    /// Nothing changed at the gateway: it refused the request, or the call only reads.
    Rejected,
    /// The gateway may have acted: the connection broke after sending, the call timed out, or the
    /// response cannot be read. Never treat this as a failure; repeat the call with the same
    /// reference.
    MaybeApplied,
}

/// Advice on repeating the same call with the same arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAdvice {
    /// Do not retry: the call would fail again until something changes.
    Never,
    /// Retry immediately.
    Now,
    /// Retry after at least this time.
    After(Duration),
}
