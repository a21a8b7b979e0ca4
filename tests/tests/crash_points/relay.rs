//! The relay between the programs: it has the application's present address, and can hold requests and responses back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

const LARGEST: usize = 1024 * 1024;
/// The headers that belong to one connection.
const OF_CONNECTION: [HeaderName; 3] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// A relay that passes requests on to a program.
#[derive(Debug)]
pub(crate) struct Relay {
    url: String,
    way: Arc<Way>,
}

#[derive(Debug)]
struct Way {
    client: Client,
    target: watch::Sender<String>,
    hides_orders: AtomicBool,
    hides_payments: AtomicBool,
    holds: watch::Sender<Held>,
    /// True if a message was held back since `holds` was set.
    has_held: watch::Sender<bool>,
}

/// The messages that a relay holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// Every response.
    Answers,
    /// The requests that create a link.
    Creations,
}

impl Way {
    /// Waits as long as messages of this kind are held back.
    async fn wait_while(&self, held: Held) {
        let mut holds = self.holds.subscribe();
        if *holds.borrow_and_update() == held {
            self.has_held.send_replace(true);
            let _ = holds.wait_for(|now| *now != held).await;
        }
    }
}

impl Relay {
    /// Listens on a free port. Requests that arrive while no program is running wait.
    pub(crate) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let way = Arc::new(Way {
            client: client.build().expect("a client"),
            target: watch::Sender::new(target.to_owned()),
            hides_orders: AtomicBool::new(false),
            hides_payments: AtomicBool::new(false),
            holds: watch::Sender::new(Held::Nothing),
            has_held: watch::Sender::new(false),
        });
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&way));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, way }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets the address of the program from now on.
    pub(crate) fn lead_to(&self, target: &str) {
        self.way.target.send_replace(target.to_owned());
    }

    /// Empties lists of orders from now on, or stops doing so.
    pub(crate) fn hide_orders(&self, hide: bool) {
        self.way.hides_orders.store(hide, Ordering::Relaxed);
    }

    /// Shows links as they were before their payment from now on, or stops doing so.
    pub(crate) fn hide_payments(&self, hide: bool) {
        self.way.hides_payments.store(hide, Ordering::Relaxed);
        self.hide_orders(hide);
    }

    /// Holds these messages back from now on, and lets all others pass.
    pub(crate) fn hold(&self, held: Held) {
        self.way.has_held.send_replace(false);
        self.way.holds.send_replace(held);
    }

    /// Waits until a message is held back.
    pub(crate) async fn holds_one(&self) {
        let mut has_held = self.way.has_held.subscribe();
        let _ = has_held.wait_for(|has_held| *has_held).await;
    }
}

async fn pass(State(way): State<Arc<Way>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if way.hides_orders.load(Ordering::Relaxed) && parts.uri.path().ends_with("/orders") {
        return ([(header::CONTENT_TYPE, "application/json")], "[]").into_response();
    }
    if parts.method == Method::POST && parts.uri.path().ends_with("/links") {
        way.wait_while(Held::Creations).await;
    }
    parts.headers.remove(header::HOST);
    for name in &OF_CONNECTION {
        parts.headers.remove(name);
    }
    let mut targets = way.target.subscribe();
    let answer = loop {
        let target = targets.borrow_and_update().clone();
        let sent = way
            .client
            .request(parts.method.clone(), format!("{target}{}", parts.uri))
            .headers(parts.headers.clone())
            .body(body.clone())
            .send();
        match sent.await {
            Ok(answer) => break answer,
            // The program is not running: the request goes to the next address that is set.
            Err(error) if error.is_connect() => {
                if targets.changed().await.is_err() {
                    return StatusCode::BAD_GATEWAY.into_response();
                }
            }
            Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
        }
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    for name in &OF_CONNECTION {
        headers.remove(name);
    }
    let Ok(mut body) = answer.bytes().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if way.hides_payments.load(Ordering::Relaxed)
        && let Ok(mut link) = serde_json::from_slice::<Value>(&body)
        && link["link_amount_paid"].is_number()
    {
        link["link_status"] = "ACTIVE".into();
        link["link_amount_paid"] = 0.into();
        body = link.to_string().into();
    }
    way.wait_while(Held::Answers).await;
    (status, headers, Body::from(body)).into_response()
}
