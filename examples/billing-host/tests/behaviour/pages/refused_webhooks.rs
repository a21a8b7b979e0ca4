//! Webhooks that are refused are shown to the operator.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::until;

use super::client::PageClient;
use crate::fixture::Application;

#[tokio::test]
async fn refused_webhooks_are_in_the_api_and_on_the_page_of_their_connection() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let path = "/connections/acme/simulator";
    assert_eq!(clerk.get(path).await.count("#refused"), 0);
    let url = format!(
        "{}/webhooks/cashfree/acme?code=simulator",
        app.running.url()
    );
    for signature in [None, Some("wrong"), Some("wrong")] {
        let mut request = app.http.post(&url).body("{}");
        if let Some(signature) = signature {
            request = request
                .header("x-webhook-timestamp", "1")
                .header("x-webhook-signature", signature);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let unknown = app
        .http
        .request(Method::POST, url.replace("simulator", "another"));
    let answer = unknown.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);

    let refused = until(async || {
        let listed = app.get("/connections").await.expect_status(200);
        let connections = listed["connections"].as_array().unwrap();
        let refused = connections[0]["refused_deliveries"].clone();
        let counts = refused.as_array().unwrap().iter();
        let sum: i64 = counts.filter_map(|one| one["count"].as_i64()).sum();
        (sum == 3).then_some(refused).ok_or(sum)
    })
    .await;
    let mut counts: Vec<Value> = refused
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["reason"], one["count"]]))
        .collect();
    counts.sort_by_key(ToString::to_string);
    assert_eq!(
        counts,
        [json!(["signature_mismatch", 2]), json!(["unsigned", 1])]
    );
    let page = clerk.get(path).await;
    assert_eq!(page.count("#refused"), 1);
    let text = page.text();
    for shown in ["Without a signature", "Signed with another secret"] {
        assert!(text.contains(shown), "{text}");
    }
    app.running.shutdown().await;
}
