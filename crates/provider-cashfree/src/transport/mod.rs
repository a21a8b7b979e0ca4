//! Cashfree's use of HTTP: headers, routes and the meaning of error responses.

mod dialect;
mod gateway_error;
mod route;

pub(crate) use dialect::{GatewayKeys, describe, gateway};
pub(crate) use gateway_error::{CallErrorExt, WrongAddress};
pub(crate) use payment_provider_http::{
    CallError, Deadline, GatewayClient, HttpClients, Limits, Request, Response, RetryPolicy,
};
pub(crate) use route::Route;
