/// An error in parsing or computing an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("amount is not a plain decimal number")]
    Malformed,
    /// The text has more decimals than the currency.
    #[error("amount has more decimals than its currency")]
    TooPrecise,
    /// The amount exceeds the range of a 64-bit number of smallest units.
    #[error("amount is out of range")]
    Overflow,
    /// The two amounts have different currencies.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
}
