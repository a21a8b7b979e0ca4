//! A server that a test starts leaves nothing behind.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use sqlx::{Connection, PgConnection};
use test_support::postgres::Server;
use test_support::until;

fn folder(url: &str) -> PathBuf {
    let (_, folder) = url.split_once("?host=").unwrap();
    folder.into()
}

async fn answers(url: &str) -> bool {
    match PgConnection::connect(url).await {
        Ok(mut connection) => sqlx::query("SELECT 1")
            .execute(&mut connection)
            .await
            .is_ok(),
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = Server::start().unwrap();
    let url = server.url();
    assert!(answers(&url).await);
    drop(server);
    assert!(!answers(&url).await);
    assert!(!folder(&url).exists());
}

#[tokio::test]
async fn a_server_that_crashes_comes_back_with_what_was_committed() {
    let server = Server::start().unwrap();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let kept = sqlx::raw_sql("CREATE TABLE kept AS SELECT 7 AS number");
    kept.execute(&mut connection).await.unwrap();
    server.crash_and_restart().unwrap();
    let cut_off = sqlx::raw_sql("SELECT 1").execute(&mut connection).await;
    assert!(cut_off.is_err());
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let number = sqlx::query_scalar("SELECT number FROM kept");
    let number: i32 = number.fetch_one(&mut connection).await.unwrap();
    assert_eq!(number, 7);
}

#[tokio::test]
async fn a_server_whose_owner_is_killed_is_gone() {
    let mut owner = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let server = Server::start_for(owner.id()).unwrap();
    let url = server.url();
    assert!(answers(&url).await);
    // Nothing of ours stops it.
    std::mem::forget(server);
    owner.kill().unwrap();
    owner.wait().unwrap();
    let folder = folder(&url);
    until(async || {
        if folder.exists() {
            Err("the server's folder is still there")
        } else {
            Ok(())
        }
    })
    .await;
    assert!(!answers(&url).await);
}
