//! A PostgreSQL server that is reached over TLS only.

use std::net::TcpListener;

use billing_host::{BillingHost, DatabaseLocation, Options, StartError};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection};
use test_support::postgres::Server;

fn options(url: &str, directory: &std::path::Path) -> Options {
    Options {
        database: DatabaseLocation::Postgres(SecretString::from(url)),
        key_file: Some(directory.join("encryption.key")),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_reached_over_tls_and_its_certificate_is_checked() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let key = made.signing_key.serialize_pem();
    let server = Server::start_with_tls(&certificate, &key, port).unwrap();

    let directory = tempfile::tempdir().unwrap();
    let known = directory.path().join("known.crt");
    std::fs::write(&known, &certificate).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let unknown = directory.path().join("unknown.crt");
    std::fs::write(&unknown, other.cert.pem()).unwrap();
    let url = |mode: &str| format!("postgres://postgres@localhost:{port}/postgres?sslmode={mode}");

    let required = url("require");
    let running = BillingHost::start(options(&required, directory.path())).await;
    running.unwrap().shutdown().await;
    let mut connection = PgConnection::connect(&required).await.unwrap();
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let encrypted: bool = sqlx::query_scalar(encrypted)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(encrypted);

    let verified =
        |file: &std::path::Path| format!("{}&sslrootcert={}", url("verify-full"), file.display());
    let running = BillingHost::start(options(&verified(&known), directory.path())).await;
    running.unwrap().shutdown().await;
    for refused in [url("disable"), verified(&unknown)] {
        let started = BillingHost::start(options(&refused, directory.path())).await;
        assert!(matches!(started, Err(StartError::Database(_))), "{refused}");
    }
    drop(server);
}
