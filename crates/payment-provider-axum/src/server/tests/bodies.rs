//! The time that a peer has to send a body and to take a response.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::{CUT_BODY, Rig, is_open, rest, settle};

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_go_on_is_given_up() {
    let rig = Rig::new(10);
    let begun = Instant::now();
    let mut client = rig.connect(CUT_BODY).await;
    sleep(Duration::from_secs(20)).await;
    client.write_all(b"de").await.unwrap();
    assert_eq!(rest(&mut client).await, "");
    assert_eq!(begun.elapsed().as_secs(), 50);
    assert_eq!(rig.begun(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_waited_for_10_minutes_in_all() {
    let rig = Rig::new(10);
    let request = "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";
    let begun = Instant::now();
    let mut client = rig.connect(request).await;
    while is_open(&mut client).await {
        assert!(begun.elapsed() < Duration::from_hours(1), "it goes on");
        sleep(Duration::from_secs(20)).await;
        let _ = client.write_all(b"x").await;
    }
    assert_eq!(begun.elapsed().as_secs(), 600);
    assert_eq!(rig.begun(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_handler_does_not_count_as_a_wait_for_its_body() {
    let rig = Rig::new(10);
    let request = "POST /slowly HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\na";
    let mut client = rig.connect(request).await;
    for _ in 0..3 {
        sleep(Duration::from_secs(500)).await;
        settle().await;
        client.write_all(b"b").await.unwrap();
    }
    sleep(Duration::from_secs(500)).await;
    let mut status = [0; 12];
    client.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_goes_on_slowly_is_not_cut() {
    let rig = Rig::new(10);
    let request = "GET /ticks HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut client = rig.connect(request).await;
    let response = rest(&mut client).await;
    assert!(response.contains("tick 4"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_the_peer_does_not_take_is_given_up() {
    let rig = Rig::new(10);
    let begun = Instant::now();
    let mut client = rig.connect("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    sleep(Duration::from_secs(29)).await;
    let mut some = [0; 16 << 10];
    client.read_exact(&mut some).await.unwrap();
    sleep(Duration::from_secs(31)).await;
    settle().await;
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    assert!(all.len() < 1 << 19, "{} bytes", all.len());
    assert_eq!(begun.elapsed().as_secs(), 60);
}
