use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Application, ORGANIZATION, connection_of};

#[tokio::test]
async fn settings_are_judged_by_the_provider_and_named_by_path() {
    let app = Application::start().await;
    for settings in [json!("text"), json!(1), json!([]), json!(true)] {
        let answer = app
            .post("/connections", &connection_of("c", &settings))
            .await;
        answer.is_problem(422, "validation_errors");
        assert_eq!(answer.fields(), ["settings: invalid"], "{settings}");
    }
    let settings = json!({"client_secret": 17, "environment": "live", "base_url": "nowhere",
                          "redirect_url": {"x": 1}, "color": "red"});
    let answer = app
        .post("/connections", &connection_of("c", &settings))
        .await;
    answer.is_problem(422, "validation_errors");
    let mut fields = answer.fields();
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
async fn connections_are_made_listed_and_checked() {
    let app = Application::start().await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "wrong-secret",
                          "environment": "sandbox", "base_url": base_url});
    let made = app
        .post("/connections", &connection_of("second", &settings))
        .await
        .with(201);
    assert_eq!(made["secrets"], json!(["client_secret"]));
    assert!(made["settings"].get("client_secret").is_none());
    let url = format!("{}/webhooks/cashfree/acme?code=second", app.running.url());
    assert_eq!(made["webhook_url"], url);
    app.post("/connections", &connection_of("second", &settings))
        .await
        .is_problem(409, "code_taken");
    let mut other = connection_of("second", &settings);
    other["organization_id"] = json!("other");
    assert_eq!(
        app.post("/connections", &other).await.status,
        StatusCode::CREATED
    );
    let mut unknown = connection_of("third", &settings);
    unknown["provider"] = json!("strype");
    assert_eq!(
        app.post("/connections", &unknown).await.fields(),
        ["provider: unsupported"]
    );

    let codes = async |path: &str| {
        let listed = app.get(path).await.with(200);
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
        app.act(&path).await.with(200)
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
async fn customers_are_kept_linked_and_brought_up_to_date() {
    let app = Application::start().await;
    let bare = json!({"organization_id": ORGANIZATION, "external_id": "c-2"});
    let kept = app.post("/customers", &bare).await.with(201);
    assert_eq!(kept["linked"], false);
    assert_eq!(kept["needs"], json!([]));
    assert_eq!(kept["name"], Value::Null);

    let mut linked = bare.clone();
    linked["payment_provider"] = json!("cashfree");
    linked["payment_provider_code"] = json!("simulator");
    linked["name"] = json!("<script>alert('&\"')</script> 💸");
    linked["email"] = Value::Null;
    let answer = app.post("/customers", &linked).await.with(200);
    assert_eq!(answer["id"], kept["id"]);
    assert_eq!(answer["linked"], true);
    assert_eq!(answer["name"], linked["name"]);
    assert_eq!(answer["needs"][0]["field"], "phone");
    assert_eq!(answer["needs"][0]["code"], "missing");

    linked["phone"] = json!("+91 90000 00000");
    assert_eq!(
        app.post("/customers", &linked).await.with(200)["needs"],
        json!([])
    );
    let mut nowhere = linked.clone();
    nowhere["payment_provider_code"] = json!("nowhere");
    let answer = app.post("/customers", &nowhere).await.with(200);
    assert_eq!(answer["linked"], false);
    assert_eq!(answer["needs"][0]["field"], "payment_provider_code");
    app.running.shutdown().await;
}
