//! Reading responses and webhooks: the JSON readers shared by all gateways, and Cashfree's status
//! values.

mod status;

pub(crate) use payment_provider_http::json::{
    Nested, Raw, RepairedBody, Unreadable, amount, body, body_in_place, currency, elements,
    gateway_identifier, identifier, object, optional_object, optional_text, says_nothing, stated,
    stated_whole, stated_word, text, with_offset, word,
};
pub(crate) use status::{
    checkout_status, dispute_stage, dispute_status, payment_status, refund_origin, refund_status,
    settlement_status,
};
