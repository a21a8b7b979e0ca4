use std::fmt::Write;
use std::fs;

use billing_host::{DatabaseLocation, Options};
use serde_json::{Value, json};

use crate::captured_log;
use crate::fixture::{Answer, Application, ORGANIZATION, connection_of, invoice_of, text};

const CANARY: &str = "canary-secret-9b1f04";

/// Everything that was answered.
#[derive(Default)]
struct Kept(String);

impl Kept {
    fn keep(&mut self, answer: Answer) -> Answer {
        write!(self.0, "{:?} {}", answer.headers, answer.text).unwrap();
        answer
    }
}

async fn connect(app: &Application, kept: &mut Kept) {
    let merchant = json!({"client_id": "CANARY", "client_secrets": [CANARY]});
    app.control("/merchants", &merchant).await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "CANARY", "client_secret": [CANARY, format!("{CANARY}-old")],
                          "environment": "sandbox", "base_url": base_url});
    let connection = connection_of("c", &settings);
    kept.keep(app.post("/connections", &connection).await)
        .with(201);
    let again = kept.keep(app.post("/connections", &connection).await);
    again.is_problem(409, "code_taken");
    kept.keep(app.get("/connections").await).with(200);
    let checked = app.act("/connections/c/check?organization_id=acme").await;
    assert_eq!(kept.keep(checked).with(200)["usable"], true);
}

/// The secret in wrong places and of wrong forms.
async fn misuse(app: &Application, kept: &mut Kept) {
    for body in [
        json!({"client_secret": CANARY, CANARY: 1, "settings": CANARY}),
        json!({"organization_id": CANARY, "provider": CANARY, "code": [CANARY], "name": {"a": CANARY}}),
        json!({"settings": {"client_secret": {"x": CANARY}, "environment": CANARY, CANARY: CANARY}}),
        json!({"settings": [CANARY]}),
        json!(CANARY),
    ] {
        kept.keep(app.post("/connections", &body).await)
            .is_problem(422, "validation_errors");
        kept.keep(app.post("/customers", &body).await)
            .is_problem(422, "validation_errors");
        kept.keep(app.post("/invoices", &body).await)
            .is_problem(422, "validation_errors");
    }
    let broken = format!("{{\"settings\":{{\"client_secret\":\"{CANARY}\",}}}}");
    kept.keep(app.post_text("/connections", broken).await)
        .is_problem(400, "malformed_json");
    let cut = format!("{{\"settings\":{{\"client_secret\":\"{CANARY}");
    kept.keep(app.post_text("/connections", cut).await)
        .is_problem(400, "malformed_json");
    let two_blanks = json!({"client_id": "CANARY", "client_secret": format!("{CANARY} \u{1}"),
                            "environment": "sandbox"});
    kept.keep(
        app.post("/connections", &connection_of("d", &two_blanks))
            .await,
    )
    .is_problem(422, "validation_errors");
}

async fn collect(app: &Application, kept: &mut Kept) {
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "c", "phone": "9000000000",
                          "payment_provider": "cashfree", "payment_provider_code": "c"});
    kept.keep(app.post("/customers", &customer).await).with(201);
    let invoice = kept
        .keep(app.post("/invoices", &invoice_of("c", 100)).await)
        .with(201);
    let invoice = text(&invoice["id"]);
    kept.keep(app.ask_payment_url(&invoice).await).with(200);
    let link = app.link(&invoice).await;
    app.control(&format!("/links/{link}/pay"), &json!({})).await;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    app.invoice_until(&invoice, is_paid).await;
    kept.keep(app.get(&format!("/invoices/{invoice}")).await)
        .with(200);
}

/// Everything that is done with a secret, right and wrong; then it is looked for everywhere.
#[tokio::test]
async fn a_client_secret_is_nowhere_to_be_found() {
    let log = captured_log::capture();
    let directory = tempfile::tempdir().unwrap();
    let app = Application::with(Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        ..Options::default()
    })
    .await;
    let mut kept = Kept::default();
    connect(&app, &mut kept).await;
    misuse(&app, &mut kept).await;
    collect(&app, &mut kept).await;

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

    assert!(!kept.0.contains(CANARY), "{}", kept.0);
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
async fn the_sealing_key_is_its_owners_alone_and_another_one_opens_nothing() {
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
    app.post("/connections", &connection_of("c", &settings))
        .await
        .with(201);
    app.running.shutdown().await;

    let app = Application::with(options("two")).await;
    let check = app.act("/connections/c/check?organization_id=acme").await;
    check.is_problem(503, "temporarily_unavailable");
    let webhook = app.http.post(format!(
        "{}/webhooks/cashfree/acme?code=c",
        app.running.url()
    ));
    assert_eq!(Answer::to(webhook.body("{}")).await.status, 503);
    app.running.shutdown().await;
}
