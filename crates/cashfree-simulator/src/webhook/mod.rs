//! Events, their bodies, and the deliveries made from them.

mod dispute_event;
mod envelope;
mod event;
mod link_event;
mod payment_event;
mod publish;
mod refund_event;
mod settlement_event;

pub(crate) use event::Event;
