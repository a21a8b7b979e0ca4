//! Talking to the gateway over HTTP: one request, what came of it, and when to try again.

mod answer;
mod attempt;
mod call;
mod client;
mod fault;
mod numbers;
mod pace;
mod refusal;
mod stack;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, Route};
pub(crate) use client::{Gateway, GatewayKeys};
pub(crate) use fault::Fault;
pub(crate) use numbers::describe;
pub(crate) use pace::{Limits, Pace};
pub(crate) use refusal::WrongAddress;
pub(crate) use stack::HttpStack;
