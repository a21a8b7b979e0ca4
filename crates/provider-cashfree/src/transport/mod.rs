//! What is Cashfree's own in talking to it over HTTP: its headers, its calls, and what its refusals
//! mean.

mod dialect;
mod refusal;
mod route;

pub(crate) use dialect::{GatewayKeys, describe, gateway};
pub(crate) use payment_provider_http::{
    Answer, Call, Deadline, Fault, Gateway, HttpStack, Limits, Pace,
};
pub(crate) use refusal::{FaultExt, WrongAddress};
pub(crate) use route::Route;
