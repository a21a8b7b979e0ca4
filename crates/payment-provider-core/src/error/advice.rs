use std::time::Duration;

/// The known effect of a request at the gateway.
///
/// # Examples
/// ```
/// use payment_provider_core::{Effect, ProviderErrorKind, Operation, ProviderError, ProviderId};
///
/// let timeout = |operation| {
///     let provider = ProviderId::new("examplepay")?;
///     Ok(ProviderError::new(ProviderErrorKind::Timeout, operation, provider).effect())
/// };
/// assert_eq!(timeout(Operation::CreateCheckout)?, Effect::MaybeApplied);
/// // A call that only reads changes nothing.
/// assert_eq!(timeout(Operation::FetchCheckout)?, Effect::Rejected);
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
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
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use payment_provider_core::{ProviderErrorKind, Operation, ProviderError, ProviderId, RetryAdvice};
///
/// let provider = ProviderId::new("examplepay")?;
/// let error = ProviderError::new(ProviderErrorKind::RateLimited, Operation::ListPayments, provider)
///     .with_retry(RetryAdvice::After(Duration::from_secs(20)));
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAdvice {
    /// Do not retry: the call would fail again until something changes.
    Never,
    /// Retry immediately.
    Now,
    /// Retry after at least this time.
    After(Duration),
}
