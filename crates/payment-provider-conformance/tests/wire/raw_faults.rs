//! Each fault, as a plain TCP client sees it.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use payment_provider_conformance::wire::{WireFault, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::client::{GET, LAST_GET, ORDER, connect, exchange, gateway, read_to_end};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

#[tokio::test(start_paused = true)]
async fn a_reset_sends_rst() {
    for fault in [WireFault::ResetBefore, WireFault::ResetAfter] {
        let gateway = gateway().await;
        gateway.fault_next(fault);
        let (answer, end) = exchange(&gateway, GET).await;
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(answer, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_keeps_the_connection_open() {
    for (fault, body_bytes) in [
        (WireFault::HangBefore, 0),
        (WireFault::HangAfter, 0),
        (WireFault::SlowBody, ORDER.len() / 2),
    ] {
        let gateway = gateway().await;
        gateway.fault_next(fault);
        let mut stream = connect(&gateway).await.unwrap();
        stream.write_all(GET).await.unwrap();
        let mut answer = Vec::new();
        let end = timeout(Duration::from_mins(1), stream.read_to_end(&mut answer)).await;
        assert!(end.is_err());
        let text = String::from_utf8(answer).unwrap();
        let expected = format!(
            "{HEAD}content-length: {}\r\n\r\n{}",
            ORDER.len(),
            &ORDER[..body_bytes]
        );
        assert_eq!(text, if body_bytes == 0 { "" } else { &expected });
        assert_eq!(gateway.requests()[0].response_bytes(), text.len() as u64);
        // Later requests on the connection are not read.
        stream.write_all(GET).await.unwrap();
        exchange(&gateway, LAST_GET).await.1.unwrap();
        assert_eq!(gateway.requests().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_response_ends_with_an_orderly_close() {
    let half = &ORDER[..ORDER.len() / 2];
    let (length, size) = (ORDER.len(), format!("{:x}", ORDER.len()));
    for (fault, expected) in [
        (
            WireFault::CloseMidBody,
            format!("{HEAD}content-length: {length}\r\n\r\n{half}"),
        ),
        (
            WireFault::TruncateChunked,
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n{size}\r\n{half}"),
        ),
        (
            WireFault::Garbage(Bytes::from_static(b"\x00not HTTP")),
            "\0not HTTP".to_owned(),
        ),
    ] {
        let gateway = gateway().await;
        gateway.fault_next(fault);
        // Unread requests must not turn the close into a reset.
        let mut stream = connect(&gateway).await.unwrap();
        stream.write_all(&GET.repeat(5000)).await.unwrap();
        let (answer, end) = read_to_end(&mut stream).await;
        end.unwrap();
        for _ in 0..2 {
            stream.write_all(GET).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(answer, expected);
        assert_eq!(gateway.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_consists_of_chunks_of_spaces() {
    let gateway = gateway().await;
    gateway.fault_next(WireFault::EndlessBody { cap: 100_000 });
    let (answer, end) = exchange(&gateway, GET).await;
    end.unwrap();
    assert_eq!(answer.len(), 100_000);
    let start = format!(
        "{HEAD}transfer-encoding: chunked\r\n\r\n{:x}\r\n{ORDER}\r\n4000\r\n  ",
        ORDER.len()
    );
    assert!(answer.starts_with(&start), "{}", &answer[..200]);
    let spaces = answer.matches(' ').count();
    assert!(spaces > 99_000, "{spaces}");
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_pauses_while_the_client_does_not_read() {
    let gateway = gateway().await;
    gateway.fault_next(WireFault::EndlessBody { cap: u64::MAX });
    let mut stream = connect(&gateway).await.unwrap();
    stream.write_all(GET).await.unwrap();
    gateway.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stuck = gateway.requests()[0].response_bytes();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(stuck > 0);
    assert_eq!(gateway.requests()[0].response_bytes(), stuck);
    let mut some = vec![0; 1_000_000];
    for _ in 0..=stuck / 1_000_000 {
        stream.read_exact(&mut some).await.unwrap();
    }
    assert!(gateway.requests()[0].response_bytes() > stuck);
}

#[tokio::test(start_paused = true)]
async fn replaced_and_delayed_responses_keep_the_connection_usable() {
    let gateway = gateway().await;
    gateway.fault_next(WireFault::ReplaceBefore(json(500, "1")));
    gateway.fault_next(WireFault::ReplaceAfter(json(500, "2")));
    gateway.fault_next(WireFault::Delay(Duration::from_secs(7)));
    let start = Instant::now();
    let mut stream = connect(&gateway).await.unwrap();
    stream
        .write_all(&[GET, GET, GET, LAST_GET].concat())
        .await
        .unwrap();
    let (answer, end) = read_to_end(&mut stream).await;
    end.unwrap();
    let bodies: Vec<_> = answer
        .split("\r\n\r\n")
        .map(|part| part.split("HTTP/1.1").next().unwrap())
        .collect();
    assert_eq!(bodies, ["", "1", "2", ORDER, ORDER]);
    assert_eq!(start.elapsed().as_secs(), 7);
    assert_eq!(gateway.requests().len(), 4);
}
