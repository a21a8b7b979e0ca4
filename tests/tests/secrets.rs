//! A client secret sent to the API is found nowhere afterwards.

use cross_crate_tests::{Api, Stage};
use reqwest::Method;
use serde_json::json;

const CANARY: &str = "canary-cfsk-ma-test-7b1e94c2";

fn holds_canary(bytes: &[u8]) -> bool {
    bytes
        .windows(CANARY.len())
        .any(|window| window == CANARY.as_bytes())
}

#[tokio::test]
async fn neither_answers_nor_logs_nor_files_hold_a_client_secret() {
    let log = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")];
    let stage = Stage::start(&log, CANARY).await;
    let api = &stage.api;
    let mut answers = Vec::new();
    let mut keep = async |answer: reqwest::Response| {
        answers.push(answer.text().await.unwrap_or_default());
    };

    let connection = |secret: serde_json::Value, simulator: &str| {
        json!({
            "organization_id": Api::ORGANIZATION, "provider": "cashfree", "code": "main",
            "name": "Main", "settings": {
                "client_id": "TEST_SIMULATOR", "client_secret": secret,
                "environment": "sandbox", "base_url": format!("{simulator}/pg"),
            },
        })
    };
    // The requests are wrong in every way a person can get them wrong; each contains the secret.
    let wrong = [
        connection(json!({"nested": CANARY}), &stage.proxy.url()),
        connection(json!([CANARY, 5]), &stage.proxy.url()),
        connection(json!(CANARY), CANARY),
        connection(json!(format!("{CANARY}\n")), &stage.proxy.url()),
        json!({"settings": CANARY}),
        json!({"settings": {CANARY: CANARY}}),
        json!(CANARY),
        json!([CANARY]),
    ];
    for body in &wrong {
        let answer = api.post("/api/v1/connections", body).await;
        assert!(answer.status().is_client_error(), "{}", answer.status());
        keep(answer).await;
    }
    let broken = format!("{{\"settings\": {{\"client_secret\": \"{CANARY}\", }}");
    let request = api.request(Method::POST, "/api/v1/connections");
    let request = request
        .header("content-type", "application/json")
        .body(broken);
    keep(request.send().await.expect("an answer")).await;

    api.set_up(&stage.proxy.url(), CANARY).await;
    let check = format!(
        "/api/v1/connections/main/check?organization_id={}",
        Api::ORGANIZATION
    );
    let checked = api.post(&check, &json!({})).await;
    assert!(checked.status().is_success());
    keep(checked).await;
    keep(
        api.request(Method::GET, "/api/v1/connections")
            .send()
            .await
            .expect("an answer"),
    )
    .await;

    let invoice = api.invoice(20_012).await;
    let url = api.payment_url(&invoice).await;
    let link = stage.control.link_of(&url).await;
    stage
        .control
        .post(&format!("links/{link}/pay"), &json!({}))
        .await;
    api.wait_for(&invoice, "succeeded 20012 0").await;
    answers.push(api.fetch(&invoice).await.to_string());
    // Errors about an unreadable gateway response are likely to repeat the sent request.
    let fault = json!({"operation": "create_link", "fault": "html_502", "times": 20});
    stage.control.post("faults", &fault).await;
    let invoice = api.invoice(5_000).await;
    let path = format!("/api/v1/invoices/{invoice}/payment_url");
    let failed = api.post(&path, &json!({})).await;
    assert!(failed.status().is_server_error(), "{}", failed.status());
    answers.push(failed.text().await.unwrap_or_default());

    let (output, directory) = stage.tear_down().await;
    for answer in &answers {
        assert!(
            !holds_canary(answer.as_bytes()),
            "an answer holds it: {answer}"
        );
    }
    assert!(
        output.stderr.contains("TRACE"),
        "the log is not at trace level"
    );
    assert!(!holds_canary(output.stderr.as_bytes()), "the log holds it");
    assert!(
        !holds_canary(output.stdout.as_bytes()),
        "the output holds it"
    );
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path()).expect("a directory") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        assert!(!holds_canary(&bytes), "{} holds it", path.display());
        files += 1;
    }
    assert!(files >= 2, "a database and a key file were expected");
}
