//! No host but the gateway receives a request, whatever a response refers to.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use payment_provider_core::{Effect, ProviderError, ProviderErrorKind};
use support::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Another server, which counts its connections.
struct OtherServer {
    address: String,
    connections: Arc<AtomicUsize>,
    connected: Arc<Notify>,
}

impl OtherServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = Self {
            address: listener.local_addr().unwrap().to_string(),
            connections: Arc::default(),
            connected: Arc::default(),
        };
        let (connections, connected) =
            (Arc::clone(&other.connections), Arc::clone(&other.connected));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                connected.notify_one();
                drop(stream);
            }
        });
        other
    }

    /// Returns the number of connections so far. Connections are accepted in order, so the
    /// connection made here comes after all earlier ones.
    async fn connection_count(&self) -> usize {
        let before = self.connections.load(Ordering::SeqCst);
        TcpStream::connect(&self.address).await.unwrap();
        while self.connections.load(Ordering::SeqCst) == before {
            self.connected.notified().await;
        }
        self.connections.load(Ordering::SeqCst) - 1
    }
}

fn assert_unreadable(name: &str, error: &ProviderError, status: u16) {
    assert_eq!(
        error.kind(),
        ProviderErrorKind::UnreadableAnswer,
        "{name} {status}"
    );
    assert_eq!(error.status(), Some(status), "{name}");
    let effect = match name {
        "create_checkout" | "cancel_checkout" => Effect::MaybeApplied,
        _ => Effect::Rejected,
    };
    assert_eq!(error.effect(), effect, "{name} {status}");
}

#[tokio::test]
async fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = OtherServer::start().await;
        let address = &other.address;
        for elsewhere in [
            format!("http://{address}/pg/links"),
            format!("https://{address}/pg/links"),
            format!("//{address}/pg/links"),
            format!("http://127.0.0.1@{address}/"),
        ] {
            let answer = reply(status, "").with("location", &elsewhere);
            let gateway = Scripted::handler(move |_, _| answer.clone()).await;
            let pauses = std::time::Duration::from_millis(1);
            let retry = provider_cashfree::RetryTuning::new().with_pauses(pauses, pauses);
            let provider = connect_with(config().with_retry(retry), &settings(&gateway.base_url));
            for (name, outcome) in operations::all(&provider, &request(), &locator()).await {
                match outcome {
                    Ok(_) => assert_eq!(name, "link_customer"),
                    Err(error) => assert_unreadable(name, &error, status),
                }
            }
            let heard = gateway.seen();
            assert!(
                heard
                    .iter()
                    .all(|request| request.header("x-client-secret") == Some(SECRET))
            );
            assert!(heard.len() > 5, "the gateway itself was called");
        }
        assert_eq!(other.connection_count().await, 0, "{status}");
    }
}

#[tokio::test]
async fn addresses_named_in_a_response_are_never_called() {
    let other = OtherServer::start().await;
    let address = other.address.clone();
    let gateway = Scripted::handler(move |_, request| {
        let page = format!("http://{address}/links/x");
        let body = if request.target.contains("/orders") {
            format!(
                r#"[{{"order_id":"o","order_status":"ACTIVE","payments":{{"url":"{page}"}},"order_meta":{{"notify_url":"{page}"}}}}]"#
            )
        } else {
            let id = request.target.split('/').nth(3).unwrap_or("inv-1");
            let link = link().replace("inv-1", id);
            link.replace("https://payments-test.cashfree.com/links/U1mgll3c0e9g", &page)
        };
        let body = if request.target.starts_with("/pg/orders") { "[]".to_owned() } else { body };
        ok(body)
            .with("alt-svc", &format!("h2=\"{address}\", h3=\"{address}\""))
            .with("refresh", &format!("0; url={page}"))
            .with("link", &format!("<{page}>; rel=preload"))
            .with("location", &page)
            .with("set-cookie", "a=b")
    })
    .await;
    let provider = connect(&gateway);
    for round in 0..2 {
        for (name, outcome) in operations::all(&provider, &request(), &locator()).await {
            assert!(
                outcome.is_ok() || name == "cancel_checkout",
                "{round} {name}: {outcome:?}"
            );
        }
    }
    assert!(
        gateway
            .seen()
            .iter()
            .all(|request| request.header("cookie").is_none())
    );
    assert_eq!(other.connection_count().await, 0);
}
