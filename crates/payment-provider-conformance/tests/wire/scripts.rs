//! Responses without faults.

use http::{HeaderValue, StatusCode};
use payment_provider_conformance::wire::{RecordedRequest, Script, json};

use crate::client::{LAST_GET, exchange, get, http, orders, start};

#[tokio::test(start_paused = true)]
async fn a_script_responds_in_order_and_can_grow() {
    let script = Script::new([json(200, "1"), json(503, "2")]);
    let gateway = start(script.clone()).await;
    assert_eq!(get(&gateway).await.unwrap(), "1");
    assert_eq!(script.remaining(), 1);
    assert_eq!(get(&gateway).await.unwrap(), "2");
    let status = || async { http().get(orders(&gateway)).send().await.unwrap().status() };
    assert_eq!(status().await, StatusCode::IM_A_TEAPOT);
    script.push(json(200, "3"));
    assert_eq!(get(&gateway).await.unwrap(), "3");
    assert_eq!(gateway.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_script_falls_back_to_a_closure() {
    let rest = |request: RecordedRequest| async move { json(200, request.target) };
    let gateway = start(Script::new([json(200, "1")]).with_fallback(rest)).await;
    assert_eq!(get(&gateway).await.unwrap(), "1");
    assert_eq!(get(&gateway).await.unwrap(), "/orders");
}

#[tokio::test(start_paused = true)]
async fn headers_are_sent_as_given_with_the_actual_length() {
    let mut answer = json(201, "{}");
    for (name, value) in [("x-a", "1"), ("x-a", "2"), ("content-length", "77")] {
        answer
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    let gateway = start(Script::new([answer, json(204, "")])).await;
    let (text, end) = exchange(&gateway, LAST_GET).await;
    end.unwrap();
    let expected = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nx-a: 1\r\nx-a: 2\r\n\
        content-length: 2\r\nconnection: close\r\n\r\n{}";
    assert_eq!(text, expected);
    let (text, _) = exchange(&gateway, LAST_GET).await;
    let expected =
        "HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    assert_eq!(text, expected);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_gateway_closes_its_connections_and_port() {
    let gateway = start(|_: RecordedRequest| std::future::pending()).await;
    let address = orders(&gateway);
    let call = tokio::spawn(http().get(address.clone()).send());
    gateway.wait_for(1).await;
    drop(gateway);
    let error = call.await.unwrap().unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    let error = http().get(address).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}
