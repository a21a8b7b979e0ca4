//! Bodies that do not arrive, on the route itself: it is the same in any server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use test_support::{FrozenTime, in_time};

use crate::GOOD;
use crate::fixture::{Edge, post};

/// A body of which no more than this arrives.
fn unfinished(begin: &'static [u8]) -> Body {
    let begin = stream::iter([Ok::<_, io::Error>(Bytes::copy_from_slice(begin))]);
    Body::from_stream(begin.chain(stream::pending()))
}

/// The same. Adds one once the rest is waited for.
fn counted(begin: &[u8], waited_for: &Arc<AtomicUsize>) -> Body {
    let waited_for = Arc::clone(waited_for);
    let begin = stream::iter([Ok::<_, io::Error>(Bytes::copy_from_slice(begin))]);
    let rest = stream::once(async move {
        waited_for.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    });
    Body::from_stream(begin.chain(rest))
}

#[tokio::test]
async fn a_delivery_for_no_connection_is_answered_before_its_body_arrives() {
    let edge = Edge::new().await;
    for address in [
        "/webhooks/mock/org?code=other",
        "/webhooks/another/org?code=main",
        "/webhooks/mock/org",
    ] {
        let sent = edge.send(post(address, unfinished(b"begun")));
        let answer = in_time("the answer", sent).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_408() {
    let edge = Edge::new().await;
    let frozen = FrozenTime::start();
    let long = vec![b'x'; 100 << 10];
    for begin in [&b""[..], b"{", &long] {
        let waited_for = Arc::new(AtomicUsize::new(0));
        let sent = edge.send(post(GOOD, counted(begin, &waited_for)));
        // Time passes once the connection is found and the rest of the body is waited for.
        let passing = async {
            while waited_for.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            frozen.advance(Duration::from_secs(11)).await;
            std::future::pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = sent => answer,
            () = passing => unreachable!("it has no end"),
        };
        let detail = "the body did not arrive in time";
        answer.is_problem(StatusCode::REQUEST_TIMEOUT, detail);
    }
    assert_eq!(edge.seen().len(), 0);
}

#[tokio::test]
async fn bodies_beyond_the_memory_are_503_and_small_ones_are_not() {
    let edge = Edge::new().await;
    let _frozen = FrozenTime::start();
    // Each holds just under 1 MiB, until its sender goes away: 65 hold 64 MiB, and a little for each.
    let arrived = Arc::new(AtomicUsize::new(0));
    let large = || counted(&vec![b'x'; (1 << 20) - 1], &arrived);
    let sent = (0..65).map(|_| edge.send(post(GOOD, large())));
    let mut held: FuturesUnordered<_> = sent.collect();
    let all = async {
        while arrived.load(Ordering::SeqCst) < 65 {
            tokio::select! {
                Some(answer) = held.next() => panic!("{}", answer.status),
                () = tokio::task::yield_now() => {}
            }
        }
    };
    in_time("all have arrived so far", all).await;
    let answer = in_time("the answer", edge.send(post(GOOD, large()))).await;
    let detail = "too many bodies arrive at once; send it again";
    answer.is_problem(StatusCode::SERVICE_UNAVAILABLE, detail);
    assert_eq!(answer.header(header::RETRY_AFTER), "10");
    let small = edge.send(post(GOOD, "genuine")).await;
    assert_eq!(small.status, StatusCode::OK);
    drop(held);
    let whole = edge.send(post(GOOD, vec![b'x'; 1 << 20])).await;
    assert_eq!(whole.status, StatusCode::OK, "the memory is free again");
}
