//! Payments: the attempts to pay a link, as the API lists them and as webhooks report them.
//!
//! See <https://razorpay.com/docs/api/orders/fetch-payments/>.

mod entity;
mod fee;
mod list;

pub(crate) use entity::Attempt;
pub(crate) use fee::LinkTotals;
pub(crate) use list::list;
