//! The header `Idempotency-Key` of requests that create.

use data_encoding::HEXLOWER;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_support::until;

use crate::fixture::{AdminFixture, ServingProgram, on_both_databases};

on_both_databases! {
    a_repeated_request_gets_the_first_answer_and_creates_nothing,
    a_key_is_for_one_body_one_route_and_one_organization,
    a_request_that_runs_keeps_its_key_until_it_dies,
    concurrent_requests_create_one_invoice,
    a_refused_request_gives_its_key_back,
    an_answer_is_kept_for_a_day,
    keys_of_another_form_are_refused,
    neither_an_answer_nor_a_hash_reveals_personal_data,
    a_repeated_request_gets_the_resource_as_it_is_now,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_one_key_create_one_invoice() {
    let admin = AdminFixture::on_postgres().await;
    let other = ServingProgram::start(&mut admin.program(&[
        "--listen",
        "127.0.0.1:0",
        "--simulator-listen",
        "127.0.0.1:0",
        "--seed",
        "none",
    ]));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = |url: String, token: String| {
        let request = http.post(format!("{url}/api/v1/invoices"));
        let request = request.bearer_auth(token).header("idempotency-key", "key");
        let request = request.header("content-type", "application/json");
        let request = request.body(invoice(100).to_string());
        async move { Answer::of(request).await }
    };
    let here = || send(admin.url().to_owned(), admin.operator_key().to_owned());
    let there = || send(other.url.clone(), other.token.clone());
    let answers: [Answer; 6] =
        tokio::join!(here(), there(), here(), there(), here(), there()).into();
    let created: Vec<_> = answers
        .iter()
        .filter(|it| it.status == 201 && !it.is_replayed())
        .collect();
    assert_eq!(created.len(), 1);
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(answer.json, created[0].json),
            _ => assert_eq!(
                (answer.status, &answer.json["code"]),
                (409, &json!("idempotency_key_in_use"))
            ),
        }
    }
    for again in [here().await, there().await] {
        assert!(again.is_replayed());
        assert_eq!(again.json["id"], created[0].json["id"]);
    }
    assert_eq!(invoices(&admin).await, 4);
    drop(other);
    admin.close().await;
}

const ROWS: &str = "SELECT count(*) FROM billing_idempotency_keys";

struct Answer {
    status: u16,
    headers: HeaderMap,
    json: Value,
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            json: serde_json::from_str(&response.text().await.unwrap()).unwrap(),
        }
    }

    fn is_replayed(&self) -> bool {
        let header = self.headers.get("idempotency-replayed");
        header.is_some_and(|value| value == "true")
    }
}

async fn post(admin: &AdminFixture, path: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/v1{path}");
    let request = admin.request(Method::POST, &path);
    let request = request.bearer_auth(admin.operator_key());
    let request = request.header("content-type", "application/json");
    let request = request.header("idempotency-key", key);
    Answer::of(request.body(body.to_string())).await
}

fn invoice(amount_cents: i64) -> Value {
    json!({"organization_id": "acme", "external_customer_id": "customer-1",
           "amount_cents": amount_cents, "currency": "INR", "purpose": "Once"})
}

fn customer(organization: &str) -> Value {
    json!({"organization_id": organization, "external_id": "once", "name": "Once"})
}

fn connection() -> Value {
    json!({"organization_id": "acme", "provider": "cashfree", "code": "once", "name": "Once",
           "settings": {"client_id": "ONCE", "client_secret": "secret-of-once",
                        "environment": "sandbox"}})
}

async fn invoices(admin: &AdminFixture) -> i64 {
    admin.count("SELECT count(*) FROM billing_invoices").await
}

async fn a_repeated_request_gets_the_first_answer_and_creates_nothing(admin: AdminFixture) {
    for (path, body) in [
        ("/invoices", invoice(100)),
        ("/customers", customer("acme")),
        ("/connections", connection()),
    ] {
        let first = post(&admin, path, "key-1", &body).await;
        assert_eq!(first.status, 201, "{path}: {}", first.json);
        assert!(!first.is_replayed(), "{path}");
        for _ in 0..2 {
            let again = post(&admin, path, "key-1", &body).await;
            assert_eq!((again.status, &again.json), (201, &first.json), "{path}");
            assert!(again.is_replayed(), "{path}");
            assert_eq!(again.headers["content-type"], "application/json");
            assert_eq!(again.headers["cache-control"], "no-store");
        }
    }
    assert_eq!(invoices(&admin).await, 4);
    assert_eq!(admin.count(ROWS).await, 3);
    let secret =
        "SELECT count(*) FROM billing_idempotency_keys WHERE answer LIKE '%secret-of-once%'";
    assert_eq!(admin.count(secret).await, 0);
    admin.close().await;
}

async fn a_key_is_for_one_body_one_route_and_one_organization(admin: AdminFixture) {
    assert_eq!(
        post(&admin, "/invoices", "key", &invoice(100)).await.status,
        201
    );
    let other = post(&admin, "/invoices", "key", &invoice(101)).await;
    assert_eq!(other.status, 422);
    assert_eq!(other.json["code"], "idempotency_key_reused");
    assert_eq!(invoices(&admin).await, 4);
    let elsewhere = post(&admin, "/customers", "key", &customer("acme")).await;
    assert_eq!((elsewhere.status, elsewhere.is_replayed()), (201, false));
    let theirs = post(&admin, "/customers", "key", &customer("other")).await;
    assert_eq!((theirs.status, theirs.is_replayed()), (201, false));
    admin.close().await;
}

async fn a_request_that_runs_keeps_its_key_until_it_dies(admin: AdminFixture) {
    // The state that a process leaves which dies between its claim and its answer.
    let unanswered = |lease: &str| {
        format!(
            "UPDATE billing_idempotency_keys SET status = NULL, answer = NULL, lease_until = {lease}"
        )
    };
    post(&admin, "/invoices", "key", &invoice(100)).await;
    let made = post(&admin, "/connections", "key", &connection()).await;
    admin.tamper(&unanswered("9000000000000")).await;
    for (path, body) in [("/invoices", invoice(100)), ("/connections", connection())] {
        let refused = post(&admin, path, "key", &body).await;
        assert_eq!(refused.status, 409, "{path}");
        assert_eq!(refused.json["code"], "idempotency_key_in_use");
        assert!(refused.headers.contains_key("retry-after"));
    }
    let other = post(&admin, "/invoices", "key", &invoice(101)).await;
    assert_eq!(other.status, 422);

    admin.tamper(&unanswered("1")).await;
    let again = post(&admin, "/invoices", "key", &invoice(100)).await;
    assert_eq!((again.status, again.is_replayed()), (201, false));
    // The connection was added before the process died.
    let again = post(&admin, "/connections", "key", &connection()).await;
    assert_eq!((again.status, &again.json), (201, &made.json));
    // A connection that existed before the request is not its result.
    admin.tamper(&unanswered("1")).await;
    let later = "UPDATE billing_idempotency_keys SET created_at = 9000000000000";
    admin.tamper(later).await;
    let taken = post(&admin, "/connections", "key", &connection()).await;
    assert_eq!(
        (taken.status, &taken.json["code"]),
        (409, &json!("code_taken"))
    );
    admin.close().await;
}

async fn concurrent_requests_create_one_invoice(admin: AdminFixture) {
    let body = invoice(100);
    let (one, two, three, four) = tokio::join!(
        post(&admin, "/invoices", "key", &body),
        post(&admin, "/invoices", "key", &body),
        post(&admin, "/invoices", "key", &body),
        post(&admin, "/invoices", "key", &body),
    );
    let answers = [one, two, three, four];
    let created = answers
        .iter()
        .filter(|it| it.status == 201 && !it.is_replayed());
    assert_eq!(created.count(), 1);
    for answer in &answers {
        assert!([201, 409].contains(&answer.status), "{}", answer.json);
    }
    assert_eq!(invoices(&admin).await, 4);
    admin.close().await;
}

async fn a_refused_request_gives_its_key_back(admin: AdminFixture) {
    let mut body = invoice(100);
    body["external_customer_id"] = json!("once");
    assert_eq!(post(&admin, "/invoices", "key", &body).await.status, 422);
    assert_eq!(
        post(&admin, "/customers", "key", &customer("acme"))
            .await
            .status,
        201
    );
    let again = post(&admin, "/invoices", "key", &body).await;
    assert_eq!(again.status, 201, "{}", again.json);

    let mut broken = connection();
    broken["settings"]["environment"] = json!("nowhere");
    assert_eq!(
        post(&admin, "/connections", "key", &broken).await.status,
        422
    );
    let again = post(&admin, "/connections", "key", &connection()).await;
    assert_eq!(again.status, 201, "{}", again.json);
    admin.close().await;
}

async fn neither_an_answer_nor_a_hash_reveals_personal_data(admin: AdminFixture) {
    let person = json!({"organization_id": "acme", "external_id": "person", "name": "Canary Person",
                        "email": "canary@example.com", "phone": "9000000123"});
    assert_eq!(post(&admin, "/customers", "key", &person).await.status, 201);
    let mut named = invoice(100);
    named["purpose"] = json!("Canary purpose");
    assert_eq!(post(&admin, "/invoices", "key", &named).await.status, 201);
    for text in ["anary", "9000000123"] {
        let rows = format!("{ROWS} WHERE answer LIKE '%{text}%'");
        assert_eq!(admin.count(&rows).await, 0, "{text}");
    }
    // A guess of the whole body cannot be confirmed without the key file.
    let guess = HEXLOWER.encode(&Sha256::digest(person.to_string()));
    let hash = if admin.address().starts_with("sqlite:") {
        "lower(hex(body_hash))"
    } else {
        "encode(body_hash, 'hex')"
    };
    assert_eq!(
        admin
            .count(&format!("{ROWS} WHERE length({hash}) = 64"))
            .await,
        2
    );
    assert_eq!(
        admin
            .count(&format!("{ROWS} WHERE {hash} = '{guess}'"))
            .await,
        0
    );
    admin.close().await;
}

async fn a_repeated_request_gets_the_resource_as_it_is_now(admin: AdminFixture) {
    let first = post(&admin, "/customers", "key", &customer("acme")).await;
    assert_eq!((first.status, &first.json["name"]), (201, &json!("Once")));
    let renamed = json!({"organization_id": "acme", "external_id": "once", "name": "Renamed"});
    assert_eq!(
        post(&admin, "/customers", "other", &renamed).await.status,
        200
    );
    let again = post(&admin, "/customers", "key", &customer("acme")).await;
    assert!(again.is_replayed());
    assert_eq!(
        (again.status, &again.json["name"]),
        (201, &json!("Renamed"))
    );
    assert_eq!(again.json["id"], first.json["id"]);

    assert_eq!(
        post(&admin, "/connections", "key", &connection())
            .await
            .status,
        201
    );
    let delete = admin.request(
        Method::DELETE,
        "/api/v1/connections/once?organization_id=acme",
    );
    let deleted = delete
        .bearer_auth(admin.operator_key())
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status().as_u16(), 204);
    let gone = post(&admin, "/connections", "key", &connection()).await;
    assert_eq!(
        (gone.status, &gone.json["code"]),
        (410, &json!("idempotency_result_gone"))
    );
    // The code of a deleted connection is never given to another one, with any key.
    let anew = post(&admin, "/connections", "new-key", &connection()).await;
    assert_eq!((anew.status, anew.is_replayed()), (409, false));
    admin.close().await;
}

async fn an_answer_is_kept_for_a_day(mut admin: AdminFixture) {
    let older =
        |by: i64| format!("UPDATE billing_idempotency_keys SET created_at = created_at - {by}");
    let day = 24 * 60 * 60 * 1000;
    post(&admin, "/invoices", "key", &invoice(100)).await;
    admin.tamper(&older(day - 60_000)).await;
    let again = post(&admin, "/invoices", "key", &invoice(100)).await;
    assert!(again.is_replayed());
    admin.tamper(&older(60_001)).await;
    // The cleanup may have deleted the row by now, or not.
    let other = post(&admin, "/invoices", "key", &invoice(101)).await;
    assert_eq!((other.status, other.is_replayed()), (201, false));
    assert!(
        post(&admin, "/invoices", "key", &invoice(101))
            .await
            .is_replayed()
    );

    // More than one batch.
    let rows = (0..300).map(|row| format!("('k{row}')"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let insert = format!(
        "INSERT INTO billing_idempotency_keys
             (organization_id, route, idempotency_key, body_hash, owner, lease_until, created_at)
         SELECT 'acme', 'r', old.column1, known.body_hash, 'o', 1, 1
         FROM (VALUES {rows}) AS old, (SELECT body_hash FROM billing_idempotency_keys) AS known"
    );
    admin.tamper(&insert).await;
    assert_eq!(admin.count(ROWS).await, 301);
    admin.restart().await;
    until(async || match admin.count(ROWS).await {
        1 => Ok(()),
        rows => Err(format!("{rows} rows")),
    })
    .await;
    admin.close().await;
}

async fn keys_of_another_form_are_refused(admin: AdminFixture) {
    let long = "k".repeat(256);
    for (key, code) in [
        ("", "invalid"),
        ("two words", "invalid"),
        ("schl\u{fc}ssel", "invalid"),
        (long.as_str(), "too_large"),
    ] {
        for path in ["/invoices", "/customers", "/connections"] {
            let refused = post(&admin, path, key, &json!({})).await;
            assert_eq!(refused.status, 422, "{key}");
            let error = &refused.json["errors"][0];
            assert_eq!(
                (&error["field"], &error["code"]),
                (&json!("Idempotency-Key"), &json!(code))
            );
        }
    }
    let longest = "k".repeat(255);
    assert_eq!(
        post(&admin, "/invoices", &longest, &invoice(100))
            .await
            .status,
        201
    );
    let request = admin.request(Method::POST, "/api/v1/invoices");
    let request = request.bearer_auth(admin.operator_key());
    let request = request.header("content-type", "application/json");
    let twice = request
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    let refused = twice.body(invoice(100).to_string()).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 422);
    admin.close().await;
}
