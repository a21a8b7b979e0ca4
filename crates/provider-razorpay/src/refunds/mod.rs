//! Refunds, as the API lists them and as webhooks report them:
//! <https://razorpay.com/docs/api/refunds/entity/>.

mod entity;
mod inquiry;

pub(crate) use entity::Entity;
pub(crate) use inquiry::Inquiry;
