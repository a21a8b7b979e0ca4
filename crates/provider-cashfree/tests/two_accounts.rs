//! Two merchant accounts of one process share a client and its connections, and never use each
//! other's credentials.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Money, PaymentProvider, ProviderFactory,
};
use provider_cashfree::CashfreeFactory;
use support::*;
use test_support::until;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

const CALLS: usize = 1000;

/// Number of concurrent calls. Each may need a connection, and each connection needs two file
/// descriptors of this process.
const IN_FLIGHT: usize = 400;

/// The account named by a request's credentials, the account that owns the object, and the
/// connection it arrived on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    credentials: (String, String),
    about: char,
    connection: usize,
}

fn account(mark: char) -> (String, String) {
    (format!("id-of-{mark}"), format!("secret-of-{mark}"))
}

/// Starts a gateway that keeps its connections open and derives the owner of an object from its id.
async fn gateway(heard: Arc<Mutex<Vec<Heard>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/pg", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, connection, Arc::clone(&heard)));
        }
    });
    base_url
}

async fn serve(mut stream: TcpStream, connection: usize, heard: Arc<Mutex<Vec<Heard>>>) {
    while let Some(request) = read_request(&mut stream).await {
        let (id, print) = object(&request);
        let about = id.chars().next().unwrap();
        let header = |name| request.header(name).unwrap_or_default().to_owned();
        heard.lock().unwrap().push(Heard {
            credentials: (header("x-client-id"), header("x-client-secret")),
            about,
            connection,
        });
        let body = if request.target.ends_with("/payments") || request.target.contains("/orders?") {
            "[]".to_owned()
        } else {
            let status = if request.target.ends_with("/cancel") {
                "CANCELLED"
            } else {
                "ACTIVE"
            };
            let amount = amount_of(about).decimal().to_string();
            link_like(status, &amount, "INR", "0", &print).replace("inv-1", &id)
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Returns the id of the link that a request refers to, and the fingerprint if the request creates
/// the link.
fn object(request: &Seen) -> (String, String) {
    if request.body.is_empty() {
        let path = request.target.split('?').next().unwrap();
        return (path.split('/').nth(3).unwrap().to_owned(), String::new());
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (
        text(&body["link_id"]),
        text(&body["link_notes"]["fingerprint"]),
    )
}

fn amount_of(mark: char) -> Money {
    if mark == 'a' {
        inr(10_001)
    } else {
        inr(20_002)
    }
}

fn checkout(mark: char, number: usize) -> CheckoutRequest {
    let mut request = request();
    request.reference = CheckoutReference::new(format!("{mark}-{number}")).unwrap();
    request.amount = amount_of(mark);
    request
}

async fn call(provider: &Arc<dyn PaymentProvider>, mark: char, number: usize) {
    let request = checkout(mark, number);
    let locator = request.reference.clone().into();
    match number / 2 % 4 {
        0 => {
            let prepared = provider.prepare_checkout(&request).unwrap();
            let created = provider.create_checkout(&prepared).await.unwrap();
            assert_eq!(created.checkout().amount, amount_of(mark));
        }
        1 => {
            let fetched = provider.fetch_checkout(&locator).await.unwrap();
            assert_eq!(fetched.amount, amount_of(mark));
        }
        2 => {
            let cancelled = provider.cancel_checkout(&locator).await.unwrap();
            assert_eq!(cancelled.checkout().amount, amount_of(mark));
        }
        _ => assert_eq!(provider.list_payments(&locator).await.unwrap(), []),
    }
}

/// The connections over which both accounts have called.
fn shared_connections(heard: &[Heard]) -> BTreeSet<usize> {
    let over = |mark| -> BTreeSet<usize> {
        let of_account = heard.iter().filter(|request| request.about == mark);
        of_account.map(|request| request.connection).collect()
    };
    &over('a') & &over('b')
}

/// Calls with each account in turn until both have used one connection: the client keeps the connection of a call that
/// is over for the next call, whichever account makes it.
async fn share_a_connection(providers: &[Arc<dyn PaymentProvider>; 2], heard: &Mutex<Vec<Heard>>) {
    until(async || {
        for (mark, provider) in ['a', 'b'].into_iter().zip(providers) {
            call(provider, mark, 2).await;
        }
        if shared_connections(&heard.lock().unwrap()).is_empty() {
            return Err("no connection was used by both accounts");
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_of_two_accounts_never_carry_each_others_credentials() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let factory = CashfreeFactory::with_config(config()).unwrap();
    let provider = |mark: char, base_url: &str| {
        let (id, secret) = account(mark);
        let settings = settings(base_url)
            .with("client_id", id)
            .with("client_secret", secret);
        factory.connect(&settings).unwrap()
    };
    let base_url = gateway(Arc::clone(&heard)).await;
    let providers = [provider('a', &base_url), provider('b', &base_url)];

    share_a_connection(&providers, &heard).await;
    let before = heard.lock().unwrap().len();
    stream::iter(0..CALLS)
        .for_each_concurrent(IN_FLIGHT, |number| {
            let (mark, provider) = [('a', &providers[0]), ('b', &providers[1])][number % 2];
            call(provider, mark, number)
        })
        .await;

    let heard = heard.lock().unwrap();
    assert_eq!(heard.len() - before, CALLS);
    for request in heard.iter() {
        assert_eq!(request.credentials, account(request.about), "{request:?}");
    }
    assert!(!shared_connections(&heard).is_empty());
}
