//! Refused connections.

use std::io::ErrorKind;

use payment_provider_conformance::wire::{RecordedRequest, WireFault, json};
use tokio::io::AsyncWriteExt;

use crate::client::{GET, ORDER, connect, gateway, get, http, io_kind, orders, read_to_end, start};

#[tokio::test(start_paused = true)]
async fn connecting_fails_until_cleared_and_the_port_is_kept() {
    let gateway = gateway().await;
    let address = gateway.address();
    for _ in 0..20 {
        gateway.fault_next(WireFault::RefuseConnection);
        let error = get(&gateway).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionRefused));
        assert_eq!(
            connect(&gateway).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        assert!(gateway.requests().is_empty());
        gateway.clear_faults();
        assert_eq!(get(&gateway).await.unwrap(), ORDER);
        gateway.clear();
    }
    assert_eq!(gateway.address(), address);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_an_open_connection_has_to_reconnect() {
    let gateway = gateway().await;
    let client = http();
    for _ in 0..20 {
        assert!(
            client
                .get(orders(&gateway))
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .is_ok()
        );
        gateway.refuse_connections().await;
        let error = client.get(orders(&gateway)).send().await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        gateway.clear_faults();
    }
    assert_eq!(gateway.requests().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_in_order() {
    let gateway = gateway().await;
    let mut idle = connect(&gateway).await.unwrap();
    let mut used = connect(&gateway).await.unwrap();
    used.write_all(GET).await.unwrap();
    gateway.wait_for(1).await;
    gateway.refuse_connections().await;
    let (nothing, end) = read_to_end(&mut idle).await;
    end.unwrap();
    assert_eq!(nothing, "");
    let (answer, end) = read_to_end(&mut used).await;
    end.unwrap();
    assert!(answer.ends_with(ORDER), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn refusing_from_the_second_request_answers_the_first() {
    let gateway = gateway().await;
    gateway.fault_at(2, WireFault::RefuseConnection);
    let client = http();
    let first = client.get(orders(&gateway)).send().await.unwrap();
    assert_eq!(first.headers()["connection"], "close");
    assert_eq!(first.text().await.unwrap(), ORDER);
    let error = client.get(orders(&gateway)).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    gateway.clear_faults();
    assert_eq!(get(&gateway).await.unwrap(), ORDER);
    assert!(gateway.requests().iter().all(|seen| seen.fault.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_request_in_progress_gets_its_response() {
    let gateway = start(|_: RecordedRequest| async {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        json(200, ORDER)
    })
    .await;
    let call = tokio::spawn(http().get(orders(&gateway)).send());
    gateway.wait_for(1).await;
    gateway.fault_where(|_| false, WireFault::RefuseConnection);
    assert!(connect(&gateway).await.is_err());
    assert_eq!(call.await.unwrap().unwrap().text().await.unwrap(), ORDER);
}
