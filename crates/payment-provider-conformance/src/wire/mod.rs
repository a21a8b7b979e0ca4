//! A gateway made of TCP: it records what a client sends, responder by script, and misbehaves when told to.
//!
//! [`WireGateway`] listens on 127.0.0.1 with a port of its own. It is written directly on sockets, since what a
//! payment provider has to survive is what no well-behaved server does: a connection reset after the money was
//! asked for, a body that stops half way, an answer that never ends.
//!
//! * Every request is kept byte for byte, in order of arrival: [`RecordedRequest`].
//! * Responder come from [`Responder`]: an async closure, or a [`Script`].
//! * A [`WireFault`] is played to the next request, to the n-th, or to all that match, until cleared.
//!
//! # A test of one's own
//!
//! ```
//! use std::time::Duration;
//!
//! use payment_provider_conformance::wire::{WireFault, RecordedRequest, WireGateway, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = WireGateway::start(|request: RecordedRequest| async move {
//!     match (request.method.as_str(), request.path()) {
//!         ("POST", "/orders") => json(200, r#"{"id":"order_1","amount":200.12}"#),
//!         _ => json(404, r#"{"message":"no such thing"}"#),
//!     }
//! })
//! .await?;
//! // The order is made, but the answer is lost.
//! gateway.fault_next(WireFault::ResetAfter);
//!
//! // A provider under test would be given `gateway.address()` as the gateway's address.
//! let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
//! let client = client.tls_certs_only([]).timeout(Duration::from_secs(10)).build()?;
//! let post = || {
//!     let orders = gateway.address().join("orders").unwrap();
//!     client.post(orders).header("idempotency-key", "k-1").body(r#"{"amount":200.12}"#)
//! };
//! assert!(post().send().await.is_err());
//! assert!(post().send().await?.status().is_success());
//!
//! let [first, second] = &gateway.requests()[..] else { panic!("two requests") };
//! assert!(matches!(first.fault, Some(WireFault::ResetAfter)));
//! assert_eq!(first.header("Idempotency-Key"), second.header("Idempotency-Key"));
//! assert_eq!(first.body, second.body);
//! assert_eq!(first.json_text("/amount"), Some("200.12"));
//! # Ok(())
//! # }
//! ```
//!
//! # Paused time
//!
//! Under `#[tokio::test(start_paused = true)]` time jumps to the next timer as soon as nothing is left to do. Bytes
//! on their way through the operating system do not count as something to do, and a client would time out while its
//! answer is being delivered. A gateway therefore holds the clock still while bytes move and for a few milliseconds
//! after, and lets no more than a second pass at once without a look at its sockets. A timeout of ten seconds takes
//! some twenty milliseconds. None of this touches time that is not paused.

mod connection;
mod fault;
mod fault_plan;
mod gateway;
mod json_text;
mod listener;
mod paused_clock;
mod request;
mod request_log;
mod request_parser;
mod respond;
mod responder;
mod response_head;

pub use fault::WireFault;
pub use gateway::WireGateway;
pub use request::RecordedRequest;
pub use request_log::UnreadableRequest;
pub use responder::{Responder, ResponseFuture, Script, json};
