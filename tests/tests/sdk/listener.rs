//! A receiver of webhooks.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use test_support::PATIENCE;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::forgery::Delivery;

/// An address for webhooks that answers each with 200.
pub(crate) struct Listener {
    pub(crate) url: String,
    taken: mpsc::UnboundedReceiver<Delivery>,
}

impl Listener {
    pub(crate) async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let (take, taken) = mpsc::unbounded_channel();
        let handler = post(async move |headers: HeaderMap, body: Bytes| {
            let text = |name: &str| {
                let value = headers.get(name)?;
                Some(value.to_str().expect("visible ASCII").to_owned())
            };
            let delivery = Delivery {
                signature: text("x-webhook-signature"),
                timestamp: text("x-webhook-timestamp"),
                body: body.to_vec(),
            };
            take.send(delivery).expect("a waiting receiver");
        });
        tokio::spawn(async move {
            axum::serve(socket, Router::new().route("/webhooks", handler)).await
        });
        Self {
            url: format!("http://{address}/webhooks"),
            taken,
        }
    }

    /// Returns the next deliveries, this many.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < count {
            let next = tokio::time::timeout(PATIENCE, self.taken.recv()).await;
            let Ok(Some(delivery)) = next else {
                panic!("{} of {count} deliveries came", deliveries.len());
            };
            deliveries.push(delivery);
        }
        deliveries
    }
}
