//! An HTTP gateway on a local TCP socket that records requests and injects faults.
//!
//! [`WireGateway`] listens on a free port of 127.0.0.1. It is written directly on sockets because a
//! payment provider has to cope with behaviour that HTTP servers avoid: a connection that is reset
//! after the order was created, a body that stops half way, a response that never ends.
//!
//! * Every request is recorded byte for byte in order of arrival: [`RecordedRequest`].
//! * Responses come from a [`Responder`]: an async closure or a [`Script`].
//! * A [`WireFault`] is applied to the next request, to the n-th, or to all that match.
//!
//! # Example
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
//!         _ => json(404, r#"{"message":"not found"}"#),
//!     }
//! })
//! .await?;
//! // The order is created, but its response is lost.
//! gateway.fault_next(WireFault::ResetAfter);
//!
//! // A provider under test gets `gateway.address()` as the base URL of its gateway.
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
//! Under `#[tokio::test(start_paused = true)]` time jumps to the next timer as soon as no task is
//! ready. Bytes in transit inside the operating system do not count as a ready task, so a client
//! would time out while its response is being delivered. The gateway therefore holds the clock while
//! bytes are in transit and for a few milliseconds after, and lets it jump at most one second at a
//! time before it checks its sockets again. A timeout of ten seconds takes about twenty milliseconds.
//! Time that is not paused is not affected.

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
mod socket;

pub use fault::WireFault;
pub use gateway::WireGateway;
pub use request::RecordedRequest;
pub use request_log::UnreadableRequest;
pub use responder::{Responder, ResponseFuture, Script, json};
