//! A request and its response, which report their progress.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use tower::Service as _;

use super::tracker::Tracker;

/// The handling of the requests of one connection.
#[derive(Debug)]
pub(super) struct Exchanges {
    /// Reaches handlers as [`ConnectInfo`].
    pub(super) peer: SocketAddr,
    pub(super) routes: Router,
    pub(super) tracker: Arc<Tracker>,
}

impl Service<Request<Incoming>> for Exchanges {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let length = request.body().size_hint().exact();
        if !self.tracker.begin_request(length) {
            return Box::pin(pending());
        }
        let tracker = Arc::clone(&self.tracker);
        let mut request = request.map(|body| {
            let tracker = Arc::clone(&tracker);
            Body::new(RequestBody { body, tracker })
        });
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = self.routes.clone().call(request);
        Box::pin(async move {
            let response = response.await?;
            tracker.begin_response();
            Ok(response.map(|body| ResponseBody { body, tracker }))
        })
    }
}

/// The body of a request, which reports the waits for it.
#[derive(Debug)]
struct RequestBody {
    body: Incoming,
    tracker: Arc<Tracker>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending() {
            self.tracker.wait_for_body();
        } else if !self.tracker.end_body_wait() {
            let closed = io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "closed for another connection",
            );
            return Poll::Ready(Some(Err(axum::Error::new(closed))));
        }
        polled.map_err(axum::Error::new)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.tracker.end_body_wait();
    }
}

/// The body of a response, which reports its end.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: Body,
    tracker: Arc<Tracker>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.tracker.responded();
    }
}
