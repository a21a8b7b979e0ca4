//! Requests that begin before the earlier one is answered.

use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};

use super::{GET, Rig, hello, rest, settle};

/// A request that is answered once a permit is there, on a connection that is kept.
const HELD: &str = "GET /held HTTP/1.1\r\nhost: a\r\n\r\n";
const POST: &str = "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
const CHUNKED: &str =
    "POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

/// Returns the seconds until the server closes the connection.
async fn seconds_open(client: &mut DuplexStream) -> u64 {
    let begun = Instant::now();
    rest(client).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_header_that_begins_with_the_earlier_request_has_10_seconds_from_the_answer() {
    let rig = Rig::new(10);
    for request in [GET, POST, CHUNKED] {
        for begin in ["G", "GET / HTTP/1.1\r\nhost: a\r\n"] {
            let mut client = rig.connect(&format!("{request}{begin}")).await;
            assert!(
                (9..=10).contains(&seconds_open(&mut client).await),
                "{request}{begin}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_request_alone_leaves_60_seconds_for_the_next() {
    let rig = Rig::new(10);
    for request in [GET, POST, CHUNKED] {
        let mut client = rig.connect(request).await;
        assert!(
            (59..=60).contains(&seconds_open(&mut client).await),
            "{request}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_begins_while_a_handler_runs_has_10_seconds_from_the_answer() {
    let rig = Rig::new(10);
    let mut client = rig.connect(HELD).await;
    client.write_all(b"GET").await.unwrap();
    sleep(Duration::from_secs(100)).await;
    rig.held.add_permits(1);
    settle().await;
    assert_eq!(seconds_open(&mut client).await, 10);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_sent_at_once_are_all_answered() {
    let rig = Rig::new(10);
    let mut client = rig.connect(&format!("{GET}{GET}{GET}GE")).await;
    for _ in 0..3 {
        hello(&mut client).await;
    }
    sleep(Duration::from_secs(5)).await;
    client.write_all(&GET.as_bytes()[2..]).await.unwrap();
    hello(&mut client).await;
    assert_eq!(seconds_open(&mut client).await, 10);
}
