use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Application, ORGANIZATION, connection_json};

#[tokio::test]
async fn invalid_settings_are_reported_with_their_paths() {
    let app = Application::start().await;
    for settings in [json!("text"), json!(1), json!([]), json!(true)] {
        let response = app
            .post("/connections", &connection_json("c", &settings))
            .await;
        response.expect_problem(422, "validation_errors");
        assert_eq!(
            response.invalid_fields(),
            ["settings: invalid"],
            "{settings}"
        );
    }
    let settings = json!({"client_secret": 17, "environment": "live", "base_url": "nowhere",
                          "redirect_url": {"x": 1}, "color": "red"});
    let response = app
        .post("/connections", &connection_json("c", &settings))
        .await;
    response.expect_problem(422, "validation_errors");
    let mut fields = response.invalid_fields();
    fields.sort();
    let expected = [
        "settings.base_url: invalid",
        "settings.client_id: missing",
        "settings.client_secret: invalid",
        "settings.color: unknown",
        "settings.environment: invalid",
        "settings.redirect_url: invalid",
    ];
    assert_eq!(fields, expected);
    app.running.shutdown().await;
}

#[tokio::test]
async fn connections_are_created_listed_and_checked() {
    let app = Application::start().await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "wrong-secret",
                          "environment": "sandbox", "base_url": base_url});
    let made = app
        .post("/connections", &connection_json("second", &settings))
        .await
        .expect_status(201);
    assert_eq!(made["secrets"], json!(["client_secret"]));
    assert!(made["settings"].get("client_secret").is_none());
    let url = format!("{}/webhooks/cashfree/acme?code=second", app.running.url());
    assert_eq!(made["webhook_url"], url);
    app.post("/connections", &connection_json("second", &settings))
        .await
        .expect_problem(409, "code_taken");
    let mut other = connection_json("second", &settings);
    other["organization_id"] = json!("other");
    assert_eq!(
        app.post("/connections", &other).await.status,
        StatusCode::CREATED
    );
    let mut unknown = connection_json("third", &settings);
    unknown["provider"] = json!("strype");
    assert_eq!(
        app.post("/connections", &unknown).await.invalid_fields(),
        ["provider: unsupported"]
    );

    let codes = async |path: &str| {
        let listed = app.get(path).await.expect_status(200);
        let all = listed["connections"].as_array().unwrap().iter();
        all.map(|it| {
            format!(
                "{}/{}",
                it["organization_id"].as_str().unwrap(),
                it["code"].as_str().unwrap()
            )
        })
        .collect::<Vec<_>>()
    };
    let mut all = codes("/connections").await;
    all.sort();
    assert_eq!(all, ["acme/second", "acme/simulator", "other/second"]);
    assert_eq!(
        codes("/connections?organization_id=other").await,
        ["other/second"]
    );
    assert_eq!(codes("/connections?organization_id=none").await, [""; 0]);

    let check = async |code: &str| {
        let path = format!("/connections/{code}/check?organization_id=acme");
        app.post_empty(&path).await.expect_status(200)
    };
    assert_eq!(check("simulator").await["usable"], true);
    let rejected = check("second").await;
    assert_eq!(
        (&rejected["usable"], &rejected["credentials"]),
        (&json!(false), &json!("rejected"))
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn customers_are_saved_linked_and_updated() {
    let app = Application::start().await;
    let bare = json!({"organization_id": ORGANIZATION, "external_id": "c-2"});
    let kept = app.post("/customers", &bare).await.expect_status(201);
    assert_eq!(kept["linked"], false);
    assert_eq!(kept["needs"], json!([]));
    assert_eq!(kept["name"], Value::Null);

    let mut linked = bare.clone();
    linked["payment_provider"] = json!("cashfree");
    linked["payment_provider_code"] = json!("simulator");
    linked["name"] = json!("<script>alert('&\"')</script> 💸");
    linked["email"] = Value::Null;
    let response = app.post("/customers", &linked).await.expect_status(200);
    assert_eq!(response["id"], kept["id"]);
    assert_eq!(response["linked"], true);
    assert_eq!(response["name"], linked["name"]);
    assert_eq!(response["needs"][0]["field"], "phone");
    assert_eq!(response["needs"][0]["code"], "missing");

    linked["phone"] = json!("+91 90000 00000");
    assert_eq!(
        app.post("/customers", &linked).await.expect_status(200)["needs"],
        json!([])
    );
    let mut nowhere = linked.clone();
    nowhere["payment_provider_code"] = json!("nowhere");
    let response = app.post("/customers", &nowhere).await.expect_status(200);
    assert_eq!(response["linked"], false);
    assert_eq!(response["needs"][0]["field"], "payment_provider_code");
    app.running.shutdown().await;
}
