//! A paused clock neither outruns bytes in transit nor makes tests wait.

use std::io::{Read, Write};
use std::time::Duration;

use payment_provider_conformance::wire::{RecordedRequest, WireFault, json};
use tokio::time::{Instant, timeout};

use crate::client::{LAST_GET, ORDER, gateway, http, orders, start};

#[tokio::test(start_paused = true)]
async fn a_thousand_sequential_calls_take_no_paused_time() {
    let gateway = gateway().await;
    let (client, start) = (http(), Instant::now());
    for number in 0..1000 {
        // Every other call opens a new connection.
        let client = if number % 2 == 0 { &client } else { &http() };
        let call = client
            .post(orders(&gateway))
            .timeout(Duration::from_millis(100))
            .body(ORDER);
        let answer = call
            .send()
            .await
            .unwrap_or_else(|error| panic!("{number}: {error:?}"));
        assert_eq!(answer.text().await.unwrap(), ORDER);
    }
    assert_eq!(gateway.requests().len(), 1000);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn timeouts_of_minutes_take_no_real_time() {
    let gateway = gateway().await;
    gateway.fault_where(|_| true, WireFault::HangAfter);
    let (client, start, real) = (http(), Instant::now(), std::time::Instant::now());
    for _ in 0..12 {
        let error = client.get(orders(&gateway)).send().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
    }
    assert_eq!(start.elapsed().as_secs(), 120);
    assert!(real.elapsed() < start.elapsed(), "{:?}", real.elapsed());
}

/// The minimum real time for which the paused clock stands still while a request is incomplete.
const STANDSTILL: Duration = Duration::from_millis(250);

/// The client is a plain thread, so the runtime does not know its bytes. They are like bytes that
/// the operating system holds.
#[tokio::test(start_paused = true)]
async fn the_clock_is_held_while_a_request_is_incomplete() {
    let gateway = gateway().await;
    let address = gateway.address().socket_addrs(|| None).unwrap()[0];
    let (first, rest) = LAST_GET.split_at(20);
    let (wrote, half_way) = std::sync::mpsc::channel();
    let (go_on, signal) = std::sync::mpsc::channel();
    let client = std::thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(first).unwrap();
        wrote.send(()).unwrap();
        signal.recv().unwrap();
        stream.write_all(rest).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    // Nothing else runs until the first bytes have been sent.
    half_way.recv().unwrap();
    let real = std::time::Instant::now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(real.elapsed() >= STANDSTILL, "{:?}", real.elapsed());
    go_on.send(()).unwrap();
    assert_eq!(gateway.wait_for(1).await.len(), 1);
    assert!(client.join().unwrap().ends_with(ORDER));
}

#[tokio::test(start_paused = true)]
async fn the_clock_advances_in_steps_before_a_client_connects() {
    let gateway = gateway().await;
    let address = gateway.address().socket_addrs(|| None).unwrap()[0];
    let client = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(LAST_GET).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap()
    });
    // The clock advances in steps. A single jump would end the timeout before the client connects.
    let arrived = timeout(Duration::from_hours(24), gateway.wait_for(1)).await;
    assert_eq!(arrived.expect("time ran away").len(), 1);
    assert!(client.join().unwrap() > ORDER.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_several_threads_with_the_real_clock() {
    let gateway = start(|request: RecordedRequest| async move { json(200, request.body) }).await;
    let client = http();
    let calls = (0..50).map(|number| {
        let call = client.post(orders(&gateway)).body(number.to_string());
        tokio::spawn(async move { call.send().await.unwrap().text().await.unwrap() })
    });
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), number.to_string());
    }
    assert_eq!(gateway.requests().len(), 50);
}
