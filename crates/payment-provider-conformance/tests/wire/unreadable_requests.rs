//! Bytes that are not a request.

use crate::client::{connect, exchange, gateway};
use tokio::io::AsyncWriteExt;

#[tokio::test(start_paused = true)]
async fn invalid_requests_are_rejected_and_kept() {
    let gateway = gateway().await;
    let long = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n", u64::MAX);
    let cases = [
        "\x16\x03\x01 a handshake",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: \r\n\r\n",
        &long,
        "POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n",
    ];
    for case in cases {
        let (answer, end) = exchange(&gateway, case.as_bytes()).await;
        end.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{case}: {answer}"
        );
    }
    let unreadable = gateway.unreadable();
    let bytes: Vec<_> = unreadable
        .iter()
        .map(|unreadable| &unreadable.bytes[..])
        .collect();
    assert_eq!(bytes, cases.map(str::as_bytes));
    assert!(
        unreadable
            .iter()
            .all(|unreadable| !unreadable.reason.is_empty())
    );
    assert_eq!(unreadable[2].connection, 3);
    assert!(gateway.requests().is_empty());
    gateway.clear();
    assert!(gateway.unreadable().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_request_is_not_recorded() {
    let gateway = gateway().await;
    let mut stream = connect(&gateway).await.unwrap();
    stream
        .write_all(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab")
        .await
        .unwrap();
    drop(stream);
    exchange(&gateway, crate::client::LAST_GET).await.1.unwrap();
    let seen = gateway.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].connection), ("GET", 2));
    assert!(gateway.unreadable().is_empty());
}
