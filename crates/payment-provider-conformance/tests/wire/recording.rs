//! Requests are recorded as they were sent.

use bytes::Bytes;
use payment_provider_conformance::wire::{RecordedRequest, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{ORDER, connect, exchange, gateway, http, orders, read_to_end, start};

#[tokio::test(start_paused = true)]
async fn header_case_repeated_names_and_non_ascii_bytes_are_kept() {
    let gateway = gateway().await;
    let request = b"PaTcH /a%2Fb;c?x=1&y=%20+z&x=2&flag HTTP/1.1\r\nHoSt:  gateway\t\r\nX-Sign:a\r\n\
        x-sign: b \r\nX-RAW: \xff\xfe\r\nX-Empty:\r\nCONNECTION: Close\r\nContent-Length: 4\r\n\r\n\x00\xffab";
    let (answer, end) = exchange(&gateway, request).await;
    end.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(ORDER), "{answer}");

    let [seen] = &gateway.requests()[..] else {
        panic!("one request");
    };
    assert_eq!(seen.raw, &request[..]);
    assert_eq!(seen.head, &request[..request.len() - 4]);
    assert_eq!(seen.body, &b"\x00\xffab"[..]);
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("PaTcH", "/a%2Fb;c?x=1&y=%20+z&x=2&flag")
    );
    let headers: Vec<_> = seen
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), &value[..]))
        .collect();
    let expected: [(&str, &[u8]); 7] = [
        ("HoSt", b"gateway"),
        ("X-Sign", b"a"),
        ("x-sign", b"b"),
        ("X-RAW", b"\xff\xfe"),
        ("X-Empty", b""),
        ("CONNECTION", b"Close"),
        ("Content-Length", b"4"),
    ];
    assert_eq!(headers, expected);

    assert_eq!(seen.path(), "/a%2Fb;c");
    let pairs = [("x", "1"), ("y", "  z"), ("x", "2"), ("flag", "")];
    assert_eq!(
        seen.query_pairs(),
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(seen.header("host"), Some("gateway"));
    assert_eq!(seen.header("x-raw"), None);
    assert_eq!(
        seen.header_values("x-SIGN").collect::<Vec<_>>(),
        [b"a", b"b"]
    );
    let debug = format!("{seen:?}");
    assert!(
        debug.contains("X-Sign") && debug.contains(r"\xff\xfe"),
        "{debug}"
    );
}

#[tokio::test(start_paused = true)]
async fn chunked_bodies_are_decoded_and_kept_as_sent() {
    let gateway = gateway().await;
    let head = "POST /orders HTTP/1.1\r\ntransfer-encoding: Chunked\r\nconnection: close\r\n\r\n";
    let body = "6;note=x\r\n{\"n\":1\r\n003\r\n.50\r\n1\r\n}\r\n0\r\nX-Sum: 7\r\n\r\n";
    let request = [head, body].concat();
    // The request is split at every position.
    for split in 1..request.len() {
        let mut stream = connect(&gateway).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (first, second) = request.split_at(split);
        stream.write_all(first.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        stream.write_all(second.as_bytes()).await.unwrap();
        let (answer, end) = read_to_end(&mut stream).await;
        end.unwrap();
        assert!(answer.ends_with(ORDER), "{split}: {answer}");
    }
    let requests = gateway.requests();
    assert_eq!(requests.len(), request.len() - 1);
    for seen in requests {
        assert_eq!(seen.raw, request.as_bytes());
        assert_eq!(seen.head, head.as_bytes());
        assert_eq!(seen.body, &br#"{"n":1.50}"#[..]);
        assert_eq!(seen.json_text("/n"), Some("1.50"));
    }
}

#[tokio::test(start_paused = true)]
async fn pipelined_requests_are_answered_in_order() {
    let gateway = start(|request: RecordedRequest| async move { json(200, request.target) }).await;
    let requests = b"POST /1 HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}\r\nGET /2 HTTP/1.1\r\n\r\n\
        POST /3 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n\
        HEAD /4 HTTP/1.1\r\n\r\nGET /5 HTTP/1.0\r\n\r\nGET /6 HTTP/1.1\r\n\r\n";
    let (answer, end) = exchange(&gateway, requests).await;
    end.unwrap();
    let bodies: Vec<_> = answer.split("HTTP/1.1 200 OK\r\n").skip(1).collect();
    let bodies: Vec<_> = bodies
        .iter()
        .map(|answer| answer.split_once("\r\n\r\n").unwrap())
        .collect();
    let bodies_only: Vec<_> = bodies.iter().map(|(_, body)| *body).collect();
    assert_eq!(bodies_only, ["/1", "/2", "/3", "", "/5"]);
    assert!(bodies[3].0.contains("content-length: 2"), "{answer}");
    assert!(bodies[4].0.contains("connection: close"), "{answer}");

    let seen = gateway.requests();
    let targets: Vec<_> = seen.iter().map(|seen| seen.target.as_str()).collect();
    assert_eq!(targets, ["/1", "/2", "/3", "/4", "/5"]);
    assert!(seen.iter().all(|seen| seen.connection == 1));
    assert_eq!(seen[2].body, &b"[]"[..]);
}

#[tokio::test(start_paused = true)]
async fn large_bodies_are_received_and_sent() {
    let gateway = start(|request: RecordedRequest| async move { json(200, request.body) }).await;
    let body: Bytes = (0..1024 * 1024)
        .map(|at: u32| at.to_le_bytes()[(at % 3) as usize])
        .collect();
    let client = http();
    for _ in 0..3 {
        let request = client.post(orders(&gateway)).body(body.clone());
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        assert!(answer == body, "the answer differs");
    }
    let seen = gateway.requests();
    assert_eq!(seen.len(), 3);
    assert!(
        seen.iter().all(|seen| seen.body == body),
        "a request differs"
    );
    assert!(seen[0].response_bytes() > body.len() as u64);

    let mut chunked =
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    for chunk in body.chunks(1000) {
        chunked.extend(format!("{:X}\r\n", chunk.len()).into_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let mut stream = connect(&gateway).await.unwrap();
    stream.write_all(&chunked).await.unwrap();
    let (_, end) = read_to_end(&mut stream).await;
    end.unwrap();
    let seen = gateway.requests().pop().unwrap();
    assert!(
        seen.raw == chunked && seen.body == body,
        "a chunked request differs"
    );
}

#[tokio::test(start_paused = true)]
async fn expect_continue_is_answered() {
    let gateway = gateway().await;
    let mut stream = connect(&gateway).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert!(gateway.requests().is_empty());
    stream.write_all(b"ok").await.unwrap();
    let (answer, end) = read_to_end(&mut stream).await;
    end.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(gateway.requests()[0].body, &b"ok"[..]);
}

#[tokio::test(start_paused = true)]
async fn connections_are_served_concurrently_and_numbered() {
    let gateway = start(|request: RecordedRequest| async move {
        let wait = if request.path() == "/slow" { 3 } else { 1 };
        tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
        json(200, "{}")
    })
    .await;
    let client = http();
    let call = |path: &str| client.get(gateway.address().join(path).unwrap()).send();
    let start = tokio::time::Instant::now();
    let (slow, fast) = tokio::join!(call("slow"), async {
        gateway.wait_for(1).await;
        let answer = call("fast").await;
        assert_eq!(start.elapsed().as_secs(), 1);
        answer
    });
    assert_eq!(start.elapsed().as_secs(), 3);
    assert!(slow.unwrap().status().is_success() && fast.unwrap().status().is_success());
    let connections: Vec<_> = gateway
        .requests()
        .iter()
        .map(|seen| seen.connection)
        .collect();
    assert_eq!(connections, [1, 2]);
    assert!(gateway.requests()[0].at >= start);
}

#[tokio::test(start_paused = true)]
async fn a_cleared_gateway_counts_from_one_again() {
    let gateway = gateway().await;
    let client = http();
    for _ in 0..2 {
        for _ in 0..3 {
            let answer = client.get(orders(&gateway)).send().await.unwrap();
            answer.bytes().await.unwrap();
        }
        assert_eq!(gateway.wait_for(3).await.len(), 3);
        assert!(gateway.requests().iter().all(|seen| seen.connection == 1));
        gateway.clear();
        assert!(gateway.requests().is_empty());
    }
    let waits = tokio::time::timeout(std::time::Duration::from_secs(9), gateway.wait_for(1));
    assert!(waits.await.is_err());
}
