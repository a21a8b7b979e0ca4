//! Exact money: an amount is a whole number of the currency's smallest unit, and decimal text is
//! converted without an intermediate float.

mod amount;
mod currency;
mod decimal;
mod error;

pub use amount::Money;
pub use currency::{Currency, UnknownCurrency};
pub use decimal::Decimal;
pub use error::MoneyError;
