use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use data_encoding::BASE64;
use payment_provider_core::OrganizationId;
use payment_provider_host::Host;
use payment_provider_host::encryption::EncryptionKeys;
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::request::Source;
use super::{Attempt, BodyHashKeys, DELETE_EXPIRED, Idempotency, KeyedRequest, Outcome};
use crate::problem::Problem;
use crate::tables::{self, TableError, in_tx, on_pool};

async fn open() -> (TempDir, Idempotency) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("encryption.key");
    std::fs::write(&path, BASE64.encode(&[7; 32])).unwrap();
    let keys = BodyHashKeys::from_file(&path).unwrap();
    let text = SecretString::from(BASE64.encode(&[7; 32]));
    let host = Host::sqlite(directory.path().join("billing.db"))
        .with_encryption_keys(EncryptionKeys::from_text(&text).unwrap())
        .build()
        .await
        .unwrap();
    tables::create(&host).await.unwrap();
    (directory, Idempotency::new(host, keys))
}

fn request() -> KeyedRequest {
    KeyedRequest {
        key: Some("key".to_owned()),
        source: Source::Header,
        organization: OrganizationId::new("acme").unwrap(),
        route: "POST /things",
        body: Bytes::from_static(b"body"),
    }
}

/// Creates a thing: records an answer and commits.
async fn create(host: Host, attempt: Attempt) -> Result<u16, Problem> {
    let mut tx = host.begin().await?;
    let made = json!({"id": "thing"});
    attempt.record(&mut tx, StatusCode::CREATED, &made).await?;
    host.commit(tx).await?;
    Ok(201)
}

async fn run(idempotency: &Idempotency) -> &'static str {
    let host = idempotency.host.clone();
    let outcome = idempotency.run(request(), |attempt| create(host, attempt));
    match outcome.await {
        Ok(Outcome::Ran(Ok(_))) => "ran",
        Ok(Outcome::Ran(Err(_))) => "failed",
        Ok(Outcome::Repeated(answer)) if answer.text("id") == "thing" => "repeated",
        Ok(Outcome::Repeated(_)) => "repeated with another answer",
        Err(problem) => match problem.status() {
            StatusCode::CONFLICT => "still running",
            _ => "refused",
        },
    }
}

async fn rows(idempotency: &Idempotency) -> i64 {
    const SQL: &str = "SELECT count(*) FROM billing_idempotency_keys";
    on_pool!(&idempotency.host, pool => sqlx::query_scalar(SQL).fetch_one(pool).await).unwrap()
}

async fn execute(host: &Host, statement: &'static str) -> Result<(), TableError> {
    let mut tx = host.begin().await?;
    in_tx!(&mut tx, connection => {
        sqlx::query(statement).execute(connection).await?;
    });
    host.commit(tx).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_that_fails_or_panics_has_freed_its_key_when_it_returns() {
    let (_directory, idempotency) = open().await;
    let failed = idempotency.run(request(), |_| async { Err::<(), _>("refused") });
    assert!(matches!(failed.await, Ok(Outcome::Ran(Err("refused")))));
    assert_eq!(rows(&idempotency).await, 0);
    let panicked = idempotency.run(request(), |_| async {
        assert!(std::env::args().count() == 0, "a defect");
        Ok::<(), ()>(())
    });
    assert_eq!(
        panicked.await.err().map(|it| it.status().as_u16()),
        Some(503)
    );
    assert_eq!(rows(&idempotency).await, 0);
    assert_eq!(run(&idempotency).await, "ran");
    assert_eq!(run(&idempotency).await, "repeated");
}

#[tokio::test]
async fn a_request_whose_client_disconnects_runs_to_its_end() {
    let (_directory, idempotency) = open().await;
    let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (host, began, may_end) = (idempotency.host.clone(), started.clone(), go_on.clone());
    let mut disconnected = Box::pin(idempotency.run(request(), |attempt| async move {
        began.notify_one();
        may_end.notified().await;
        create(host, attempt).await
    }));
    tokio::select! {
        _ = &mut disconnected => panic!("it waits for a notification"),
        () = started.notified() => {}
    }
    drop(disconnected);
    assert_eq!(run(&idempotency).await, "still running");
    go_on.notify_one();
    idempotency.finish().await;
    assert_eq!(run(&idempotency).await, "repeated");
    assert_eq!(rows(&idempotency).await, 1);
}

#[tokio::test]
async fn a_request_that_may_have_created_keeps_its_body_but_does_not_block_it() {
    let (_directory, idempotency) = open().await;
    let failed = idempotency.run(request(), |attempt| async move {
        attempt.may_have_created();
        Err::<(), _>("the outcome is not known")
    });
    assert!(matches!(failed.await, Ok(Outcome::Ran(Err(_)))));
    assert_eq!(rows(&idempotency).await, 1);
    let other = KeyedRequest {
        body: Bytes::from_static(b"other"),
        ..request()
    };
    let other = idempotency.run(other, |_| async { Ok::<(), ()>(()) }).await;
    assert_eq!(other.err().map(|it| it.status().as_u16()), Some(422));
    let host = idempotency.host.clone();
    let again = idempotency.run(request(), |attempt| async move {
        assert!(attempt.repeats().is_some());
        create(host, attempt).await
    });
    assert!(matches!(again.await, Ok(Outcome::Ran(Ok(201)))));
}

#[tokio::test]
async fn a_lease_from_a_clock_that_was_ahead_is_cut_to_the_length_of_a_lease() {
    const AHEAD: &str = "UPDATE billing_idempotency_keys
         SET status = NULL, answer = NULL, lease_until = 9000000000000";
    const LEASE_UNTIL: &str = "SELECT lease_until FROM billing_idempotency_keys";
    let (_directory, idempotency) = open().await;
    assert_eq!(run(&idempotency).await, "ran");
    let host = &idempotency.host;
    execute(host, AHEAD).await.unwrap();
    assert_eq!(run(&idempotency).await, "still running");
    let until: i64 =
        on_pool!(host, pool => sqlx::query_scalar(LEASE_UNTIL).fetch_one(pool).await).unwrap();
    let now = host.clock().now().as_millisecond();
    assert!(until <= now + 60_000, "{until}");
}

#[tokio::test]
async fn expired_rows_are_found_by_their_index() {
    let (_directory, idempotency) = open().await;
    let explain = format!("EXPLAIN QUERY PLAN {DELETE_EXPIRED}");
    let host = &idempotency.host;
    let pool = host.store().sqlite().unwrap();
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(explain))
        .bind(1_i64)
        .bind(200_i64)
        .fetch_all(pool)
        .await
        .unwrap();
    let steps: Vec<_> = plan.iter().map(|(_, _, _, step)| step.as_str()).collect();
    let by_age = "USING COVERING INDEX billing_idempotency_keys_by_age";
    let by_age_too = "USING INDEX billing_idempotency_keys_by_age";
    assert!(
        steps
            .iter()
            .any(|step| step.contains(by_age) || step.contains(by_age_too)),
        "{steps:#?}"
    );
    assert!(
        !steps.iter().any(|step| step.starts_with("SCAN")),
        "{steps:#?}"
    );
}
