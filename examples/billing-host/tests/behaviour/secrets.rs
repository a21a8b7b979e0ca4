use std::fmt::Write;
use std::fs;
#[cfg(unix)]
use std::path::Path;

use billing_host::{BillingHost, DatabaseLocation, Options, Seed, StartError};
use payment_provider_host::encryption::EncryptionKeys;
use serde_json::{Value, json};

use crate::captured_log;
use crate::fixture::{ApiResponse, Application, ORGANIZATION, connection_json, invoice_json, text};

const CANARY: &str = "canary-secret-9b1f04";

/// Text of all responses.
#[derive(Default)]
struct Responses(String);

impl Responses {
    fn record(&mut self, response: ApiResponse) -> ApiResponse {
        write!(self.0, "{:?} {}", response.headers, response.text).unwrap();
        response
    }
}

async fn connect(app: &Application, responses: &mut Responses) {
    let merchant = json!({"client_id": "CANARY", "client_secrets": [CANARY]});
    app.simulator_post("/merchants", &merchant).await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "CANARY", "client_secret": [CANARY, format!("{CANARY}-old")],
                          "environment": "sandbox", "base_url": base_url});
    let connection = connection_json("c", &settings);
    responses
        .record(app.post("/connections", &connection).await)
        .expect_status(201);
    let again = responses.record(app.post("/connections", &connection).await);
    again.expect_problem(409, "code_taken");
    responses
        .record(app.get("/connections").await)
        .expect_status(200);
    let checked = app
        .post_empty("/connections/c/check?organization_id=acme")
        .await;
    assert_eq!(responses.record(checked).expect_status(200)["usable"], true);
}

/// Sends the secret in wrong places and formats.
async fn misuse(app: &Application, responses: &mut Responses) {
    for body in [
        json!({"client_secret": CANARY, CANARY: 1, "settings": CANARY}),
        json!({"organization_id": CANARY, "provider": CANARY, "code": [CANARY], "name": {"a": CANARY}}),
        json!({"settings": {"client_secret": {"x": CANARY}, "environment": CANARY, CANARY: CANARY}}),
        json!({"settings": [CANARY]}),
        json!(CANARY),
    ] {
        responses
            .record(app.post("/connections", &body).await)
            .expect_problem(422, "validation_errors");
        responses
            .record(app.post("/customers", &body).await)
            .expect_problem(422, "validation_errors");
        responses
            .record(app.post("/invoices", &body).await)
            .expect_problem(422, "validation_errors");
    }
    let broken = format!("{{\"settings\":{{\"client_secret\":\"{CANARY}\",}}}}");
    responses
        .record(app.post_text("/connections", broken).await)
        .expect_problem(400, "malformed_json");
    let cut = format!("{{\"settings\":{{\"client_secret\":\"{CANARY}");
    responses
        .record(app.post_text("/connections", cut).await)
        .expect_problem(400, "malformed_json");
    let two_blanks = json!({"client_id": "CANARY", "client_secret": format!("{CANARY} \u{1}"),
                            "environment": "sandbox"});
    responses
        .record(
            app.post("/connections", &connection_json("d", &two_blanks))
                .await,
        )
        .expect_problem(422, "validation_errors");
}

async fn collect(app: &Application, responses: &mut Responses) {
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "c", "phone": "9000000000",
                          "payment_provider": "cashfree", "payment_provider_code": "c"});
    responses
        .record(app.post("/customers", &customer).await)
        .expect_status(201);
    let invoice = responses
        .record(app.post("/invoices", &invoice_json("c", 100)).await)
        .expect_status(201);
    let invoice = text(&invoice["id"]);
    responses
        .record(app.request_payment_url(&invoice).await)
        .expect_status(200);
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    app.invoice_until(&invoice, is_paid).await;
    responses
        .record(app.get(&format!("/invoices/{invoice}")).await)
        .expect_status(200);
}

/// Uses a secret in valid and invalid requests, then searches responses, logs and files for it.
#[tokio::test]
async fn a_client_secret_appears_in_no_response_log_or_file() {
    let log = captured_log::capture();
    let directory = tempfile::tempdir().unwrap();
    let app = Application::with(Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        ..Options::default()
    })
    .await;
    let mut responses = Responses::default();
    connect(&app, &mut responses).await;
    misuse(&app, &mut responses).await;
    collect(&app, &mut responses).await;

    let api_key = app.running.api_key().to_owned();
    let is_in_files = || {
        let files = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut names = Vec::new();
        for path in files {
            let bytes = fs::read(&path).unwrap();
            let holds = |secret: &str| {
                bytes
                    .windows(secret.len())
                    .any(|it| it == secret.as_bytes())
            };
            assert!(!holds(CANARY), "{}", path.display());
            assert!(!holds(&api_key), "{}", path.display());
            names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
        names.sort();
        names
    };
    let open = is_in_files();
    assert_eq!(
        open,
        [
            "billing.db",
            "billing.db-shm",
            "billing.db-wal",
            "billing.db.key",
            "billing.db.lock"
        ]
    );
    assert!(!format!("{:?}", app.running).contains(&api_key));
    app.running.shutdown().await;
    assert_eq!(
        is_in_files(),
        ["billing.db", "billing.db.key", "billing.db.lock"]
    );

    assert!(!responses.0.contains(CANARY), "{}", responses.0);
    let logged = log.text();
    assert!(
        logged.contains("webhook delivery"),
        "the log is not captured"
    );
    for line in logged.lines() {
        assert!(!line.contains(CANARY) && !line.contains(&api_key), "{line}");
        assert!(!line.contains("9000000000"), "{line}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_private_and_the_application_does_not_start_with_another() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let options = |key: &str| Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        key_file: Some(directory.path().join(key)),
        ..Options::default()
    };
    let app = Application::with(options("one")).await;
    let mode = fs::metadata(directory.path().join("one"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "x", "environment": "sandbox",
                          "base_url": base_url});
    app.post("/connections", &connection_json("c", &settings))
        .await
        .expect_status(201);
    app.running.shutdown().await;

    let refused = BillingHost::start(options("two")).await.unwrap_err();
    assert!(
        matches!(refused, StartError::UnknownKeys { .. }),
        "{refused:?}"
    );
    for remedy in ["two", "--key-file", "--allow-unknown-keys"] {
        assert!(refused.to_string().contains(remedy), "{refused}");
    }
    assert!(!directory.path().join("two").exists(), "no key was made");
    let allowed = Options {
        allow_unknown_keys: true,
        ..options("two")
    };
    let app = Application::with(allowed).await;
    let check = app
        .post_empty("/connections/c/check?organization_id=acme")
        .await;
    check.expect_problem(500, "secrets_unusable");
    let webhook = app.http.post(format!(
        "{}/webhooks/cashfree/acme?code=c",
        app.running.url()
    ));
    assert_eq!(ApiResponse::of(webhook.body("{}")).await.status, 503);
    app.running.shutdown().await;
}

/// Returns the text of an error with all its causes.
fn chain(error: &StartError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, ": {error}").unwrap();
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn the_application_does_not_start_with_another_key_file_while_no_secret_is_stored() {
    let directory = tempfile::tempdir().unwrap();
    let options = |key: &str| Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        key_file: Some(directory.path().join(key)),
        seed: Seed::Nothing,
        ..Options::default()
    };
    let app = Application::with(options("one")).await;
    app.running.shutdown().await;
    let id = |key: &str| {
        let keys = EncryptionKeys::from_file_or_new(directory.path().join(key)).unwrap();
        keys.current_id().to_string()
    };
    let (one, two) = (id("one"), id("two"));
    let refused = BillingHost::start(options("two")).await.unwrap_err();
    assert!(
        matches!(refused, StartError::UnknownKeys { .. }),
        "{refused:?}"
    );
    let text = chain(&refused);
    for part in [
        &*one,
        &two,
        directory.path().join("two").to_str().unwrap(),
        "--key-file",
        "--allow-unknown-keys",
        "rotation",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let app = Application::with(options("one")).await;
    app.running.shutdown().await;
}

#[cfg(unix)]
#[tokio::test]
async fn each_defect_of_a_key_file_is_named_with_the_file_and_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = |key: &str| directory.path().join(key);
    fs::create_dir(path("folder")).unwrap();
    for (key, content, remedy) in [
        ("no/such/folder", None, "create it, or name a file"),
        ("folder", None, "has to be a file that the user"),
        ("short", Some("c2hvcnQ="), "a key has 32"),
        ("words", Some(CANARY), "openssl rand -base64 32"),
        ("shared", Some(CANARY), "chmod 600"),
    ] {
        let mode = if key == "shared" { 0o644 } else { 0o600 };
        if let Some(content) = content {
            fs::write(path(key), content).unwrap();
        }
        if key != "no/such/folder" {
            permit(&path(key), if key == "folder" { 0o700 } else { mode });
        }
        let options = Options {
            database: DatabaseLocation::File(path("billing.db")),
            key_file: Some(path(key)),
            ..Options::default()
        };
        let refused = BillingHost::start(options).await.unwrap_err();
        assert!(matches!(refused, StartError::KeyFile { .. }), "{refused:?}");
        let text = chain(&refused);
        for part in [path(key).to_str().unwrap(), remedy] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[cfg(unix)]
fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
