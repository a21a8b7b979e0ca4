//! Talking to the gateway over HTTP: one request, what came of it, and when to try again.

mod answer;
mod client;
mod fault;
mod pace;
mod refusal;
mod stack;

pub(crate) use answer::Answer;
pub(crate) use client::{Call, Gateway, GatewayKeys};
pub(crate) use fault::Fault;
pub(crate) use pace::{Limits, Pace};
pub(crate) use refusal::WrongAddress;
pub(crate) use stack::HttpStack;
