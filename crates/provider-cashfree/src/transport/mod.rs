//! Cashfree's use of HTTP: headers, routes and the meaning of error responses.

mod dialect;
mod refusal;
mod route;

pub(crate) use dialect::{GatewayKeys, describe, gateway};
pub(crate) use payment_provider_http::{
    Answer, Call, Deadline, Fault, Gateway, HttpStack, Limits, Pace,
};
pub(crate) use refusal::{FaultExt, WrongAddress};
pub(crate) use route::Route;
