use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Response, StatusCode, header};

use super::request::RecordedRequest;

/// An answer in the making.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// What a gateway responder: a closure from a request to a future, or a [`Script`].
///
/// Everything a gateway would commit belongs in here: a [`WireFault`](super::WireFault) decides whether this is called, and
/// what becomes of its answer. The future is run to its end even if the client goes away meanwhile.
///
/// How a body is framed is the gateway's business: `content-length` and `transfer-encoding` of the response are
/// replaced by what is true. All other headers are sent as given, and none is added but `connection: close` before
/// the connection is closed.
pub trait Responder: Send + Sync + 'static {
    /// The answer to this request. Requests on several connections are answered at the same time.
    fn answer(&self, request: RecordedRequest) -> ResponseFuture;
}

impl<F, A> Responder for F
where
    F: Fn(RecordedRequest) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    fn answer(&self, request: RecordedRequest) -> ResponseFuture {
        Box::pin(self(request))
    }
}

/// Responder in a row, one for each request, then a fallback.
///
/// A clone is a second handle on the same script, so that a test can add to it while the gateway runs. Without a
/// [fallback](Self::with_fallback), a request too many is answered with 418.
#[derive(Clone)]
pub struct Script {
    queue: Arc<Mutex<VecDeque<Response<Bytes>>>>,
    fallback: Arc<dyn Responder>,
}

impl Script {
    /// These responder, in this order.
    pub fn new(responder: impl IntoIterator<Item = Response<Bytes>>) -> Self {
        let too_many = |_| async {
            json(
                StatusCode::IM_A_TEAPOT.as_u16(),
                r#"{"message":"the script has ended"}"#,
            )
        };
        Self {
            queue: Arc::new(Mutex::new(responder.into_iter().collect())),
            fallback: Arc::new(too_many),
        }
    }

    /// Lets these answer once the script has ended.
    pub fn with_fallback(mut self, fallback: impl Responder) -> Self {
        self.fallback = Arc::new(fallback);
        self
    }

    /// Adds an answer at the end.
    pub fn push(&self, answer: Response<Bytes>) {
        self.lock().push_back(answer);
    }

    /// How many responder have not been given yet.
    pub fn remaining(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Response<Bytes>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Responder for Script {
    fn answer(&self, request: RecordedRequest) -> ResponseFuture {
        let next = self.lock().pop_front();
        match next {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => self.fallback.answer(request),
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

/// An answer of type `application/json`, the body as given.
///
/// # Panics
///
/// If the status is not between 100 and 999.
pub fn json(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status between 100 and 999");
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
