//! A server without a valid certificate for its name receives no request, and no request falls back
//! to plain http.

mod support;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use payment_provider_core::{Effect, ProviderError, ProviderErrorKind};
use provider_cashfree::RetryTuning;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Environment variable that passes the servers, as `name=https://address/pg` and so on, to the
/// child process.
const SERVERS: &str = "CERTIFICATE_TEST_SERVERS";

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate for these names that is valid now.
fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().copied().map(String::from).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    params
}

/// The certificate chain and private key that a server presents.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

fn signed_by(issuer: &Issuer, params: &CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    Identity {
        certificate: certificate.der().clone(),
        key,
    }
}

fn self_signed(params: &CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity {
        certificate: certificate.der().clone(),
        key,
    }
}

/// Data received by a server: the first byte of each connection, and everything it could decrypt.
#[derive(Debug, Clone, Default)]
struct Received {
    first_bytes: Vec<u8>,
    text: Vec<u8>,
}

struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

/// Starts a server with this certificate, or one without TLS.
async fn server(identity: Option<Identity>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        address: listener.local_addr().unwrap(),
        received: Arc::default(),
    };
    let acceptor = identity.map(|identity| {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate], key.into())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    });
    let received = Arc::clone(&server.received);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream, acceptor.clone(), Arc::clone(&received)));
        }
    });
    server
}

async fn handle(
    mut stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    received: Arc<Mutex<Received>>,
) {
    let mut first = [0; 1];
    if stream.peek(&mut first).await.unwrap_or_default() == 1 {
        received.lock().unwrap().first_bytes.push(first[0]);
    }
    match acceptor {
        None => answer_request(&mut stream, &received).await,
        Some(acceptor) => {
            // A client that rejects the certificate disconnects here.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer_request(&mut stream, &received).await;
                let _ = stream.shutdown().await;
            }
        }
    }
}

/// Reads one request and answers it with a link.
async fn answer_request(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    received: &Mutex<Received>,
) {
    let mut bytes = vec![0; 16 * 1024];
    let count = stream.read(&mut bytes).await.unwrap_or_default();
    received
        .lock()
        .unwrap()
        .text
        .extend_from_slice(&bytes[..count]);
    let body = link();
    let length = body.len();
    let answer =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let _ = stream.write_all([answer, body].concat().as_bytes()).await;
}

fn summary(outcome: Result<String, ProviderError>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert_eq!(error.kind(), ProviderErrorKind::Connection);
            assert_eq!(error.effect(), Effect::NotSent);
            let shown = format!("{error:?} {error}");
            assert!(!shown.contains(SECRET), "{shown}");
            "not sent".to_owned()
        }
    }
}

/// Runs every operation against each server and prints the results.
async fn call_all(servers: &str) {
    let retry = RetryTuning::new().with_max_attempts(1);
    for server in servers.split(' ') {
        let (name, address) = server.split_once('=').unwrap();
        let provider = connect_with(config().with_retry(retry), &settings(address));
        for (operation, outcome) in operations::all(&provider, &request(), &locator()).await {
            // The certificate alone decides the result, so other operations on a good server are
            // not examined here.
            if operation == "fetch_checkout" || name != "good" {
                println!("{name} {operation}: {}", summary(outcome));
            }
        }
    }
    println!("all servers called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_sent_only_to_servers_with_a_valid_certificate() {
    // The trusted authorities are read from the environment, which must be set before a process
    // starts. The test therefore runs itself as a child process.
    if let Ok(servers) = std::env::var(SERVERS) {
        call_all(&servers).await;
        return;
    }
    let (trusted, unknown) = (issuer("trusted"), issuer("unknown"));
    let here = ["127.0.0.1", "localhost"];
    let mut expired = params(&here);
    expired.not_after = date_time_ymd(2024, 1, 1);
    let mut not_yet = params(&here);
    not_yet.not_before = date_time_ymd(2119, 1, 1);
    let servers = [
        ("good", Some(signed_by(&trusted, &params(&here)))),
        ("self-signed", Some(self_signed(&params(&here)))),
        (
            "unknown-authority",
            Some(signed_by(&unknown, &params(&here))),
        ),
        ("expired", Some(signed_by(&trusted, &expired))),
        ("not-yet-valid", Some(signed_by(&trusted, &not_yet))),
        (
            "other-name",
            Some(signed_by(&trusted, &params(&["sandbox.cashfree.com"]))),
        ),
        ("no-tls", None),
    ];
    let mut running = Vec::new();
    for (name, shown) in servers {
        running.push((name, server(shown).await));
    }

    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, trusted.pem()).unwrap();
    let addresses: Vec<String> = running
        .iter()
        .map(|(name, server)| format!("{name}=https://{}/pg", server.address))
        .collect();
    let caller = tokio::task::spawn_blocking(move || {
        let this = "requests_are_sent_only_to_servers_with_a_valid_certificate";
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this, "--nocapture"])
            .env(SERVERS, addresses.join(" "))
            .env("SSL_CERT_FILE", authorities)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap()
    });
    let output = caller.await.unwrap();
    let output_text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{output_text} {errors}");
    assert!(output_text.contains("all servers called"), "{output_text}");
    assert!(
        output_text.contains("good fetch_checkout: ok"),
        "{output_text}"
    );

    for (name, server) in &running {
        let received = server.received.lock().unwrap().clone();
        assert!(
            received.first_bytes.len() >= 5,
            "{name} was called by every operation: {received:?}"
        );
        // The first byte of a TLS handshake; a plain request begins with a letter.
        assert!(
            received.first_bytes.iter().all(|byte| *byte == 0x16),
            "{name}: {received:?}"
        );
        let secret = String::from_utf8_lossy(&received.text).contains(SECRET);
        assert_eq!(secret, *name == "good", "{name}");
        for operation in [
            "check_connection",
            "create_checkout",
            "fetch_checkout",
            "cancel_checkout",
            "list_payments",
        ] {
            let refused = output_text.contains(&format!("{name} {operation}: not sent"));
            assert_eq!(
                refused,
                *name != "good",
                "{name} {operation}: {output_text}"
            );
        }
        if !["good", "no-tls"].contains(name) {
            assert!(received.text.is_empty(), "{name}: {received:?}");
        }
    }
}
