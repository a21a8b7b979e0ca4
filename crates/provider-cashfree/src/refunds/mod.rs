//! Refunds, as the API lists them and as webhooks report them:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/refunds/get-all-refunds-for-an-order>.

mod entity;
mod inquiry;
mod list;

pub(crate) use entity::Entity;
pub(crate) use inquiry::RefundQueries;
