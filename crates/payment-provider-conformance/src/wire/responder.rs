use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Response, StatusCode, header};

use super::request::RecordedRequest;

/// The future of a response.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Produces the responses of a gateway: a closure from a request to a future, or a [`Script`].
///
/// All changes to the gateway's state belong in the responder. A planned [`WireFault`](super::WireFault)
/// can skip the responder, or drop or alter its response. The future runs to completion even if the
/// client disconnects.
///
/// The gateway frames the body itself: it replaces `content-length` and `transfer-encoding` of the
/// response by the actual values. All other headers are sent unchanged. The only header it adds is
/// `connection: close`, before it closes the connection.
pub trait Responder: Send + Sync + 'static {
    /// Returns the response to a request. Requests on several connections are handled concurrently.
    fn respond(&self, request: RecordedRequest) -> ResponseFuture;
}

impl<F, A> Responder for F
where
    F: Fn(RecordedRequest) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    fn respond(&self, request: RecordedRequest) -> ResponseFuture {
        Box::pin(self(request))
    }
}

/// A queue of responses, one for each request, followed by a fallback.
///
/// Clones share the queue, so a test can add responses while the gateway runs. Without a
/// [fallback](Self::with_fallback), a request to an empty queue gets status 418.
///
/// # Examples
/// ```
/// use payment_provider_conformance::wire::{Script, WireGateway, json};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let script = Script::new([json(503, "{}"), json(200, r#"{"id":"order_1"}"#)]);
/// let gateway = WireGateway::start(script.clone()).await?;
/// // A client sends one request to `gateway.address()` ...
/// # let _ = gateway.address();
/// assert_eq!(script.remaining(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Script {
    queue: Arc<Mutex<VecDeque<Response<Bytes>>>>,
    fallback: Arc<dyn Responder>,
}

impl Script {
    /// Creates a script that gives these responses in order.
    pub fn new(responses: impl IntoIterator<Item = Response<Bytes>>) -> Self {
        let ended = |_| async {
            json(
                StatusCode::IM_A_TEAPOT.as_u16(),
                r#"{"message":"the script has ended"}"#,
            )
        };
        Self {
            queue: Arc::new(Mutex::new(responses.into_iter().collect())),
            fallback: Arc::new(ended),
        }
    }

    /// Sets the responder that is called once the queue is empty.
    pub fn with_fallback(mut self, fallback: impl Responder) -> Self {
        self.fallback = Arc::new(fallback);
        self
    }

    /// Adds a response to the end of the queue.
    pub fn push(&self, response: Response<Bytes>) {
        self.lock().push_back(response);
    }

    /// Returns the number of responses that are still queued.
    pub fn remaining(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Response<Bytes>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Responder for Script {
    fn respond(&self, request: RecordedRequest) -> ResponseFuture {
        let next = self.lock().pop_front();
        match next {
            Some(response) => Box::pin(std::future::ready(response)),
            None => self.fallback.respond(request),
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("queue", &*self.lock())
            .finish_non_exhaustive()
    }
}

/// Creates a response of type `application/json` with this body, which is not validated.
///
/// # Panics
///
/// If the status is not between 100 and 999.
///
/// # Examples
/// ```
/// use payment_provider_conformance::wire::json;
///
/// let response = json(201, r#"{"id":"order_1"}"#);
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
/// ```
pub fn json(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status between 100 and 999");
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
