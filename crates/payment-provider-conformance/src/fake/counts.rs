/// Numbers of processed calls about one checkout, whether or not the response was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutCounts {
    /// Creations that found the requested checkout.
    pub adopted: usize,
    /// Creations that found a different checkout with the same reference.
    pub conflicts: usize,
    /// Calls that fetched the checkout.
    pub fetched: usize,
    /// Calls that listed its payments.
    pub listed: usize,
    /// Calls that listed its refunds.
    pub refunds_listed: usize,
    /// Calls that asked to cancel it.
    pub cancelled: usize,
}
