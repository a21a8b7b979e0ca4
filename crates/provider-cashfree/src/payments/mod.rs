//! Payments: the attempts to pay the orders of a link, as the API lists them and as webhooks report
//! them.
//!
//! See
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/get-orders-for-a-payment-link>.

mod attempt;
mod list;
mod orders;

pub(crate) use attempt::{Attempt, ErrorDetails};
pub(crate) use list::list;
