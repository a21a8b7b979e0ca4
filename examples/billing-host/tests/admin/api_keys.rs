//! `billing-host api-keys`, and what a key reaches.

use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{AdminFixture, on_both_databases, text};

on_both_databases! {
    a_key_reaches_one_organization,
    the_attention_of_a_key_is_that_of_its_organization,
    a_key_is_shown_once_and_ends_when_it_is_revoked,
    wrong_keys_are_limited_and_shut_no_other_key_out,
}

/// Requests a path of the API with a key and returns the status and the JSON.
async fn send(
    admin: &AdminFixture,
    key: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let path = format!("/api/v1{path}");
    let mut request = admin.request(method, &path).bearer_auth(key);
    if let Some(body) = body {
        request = request.header("content-type", "application/json");
        request = request.body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

fn create(admin: &AdminFixture, organization: &str) -> (String, String) {
    let created = admin.json(&["api-keys", "create", "till", "--organization", organization]);
    let field = |name: &str| created[name].as_str().unwrap().to_owned();
    (field("id"), field("api_key"))
}

async fn the_attention_of_a_key_is_that_of_its_organization(admin: AdminFixture) {
    admin.paid_invoice().await;
    admin
        .tamper("UPDATE @deliveries SET state = 'parked'")
        .await;
    let (_, own) = create(&admin, "acme");
    let (_, other) = create(&admin, "other");
    let get = async |key: &str, path: &str| send(&admin, key, Method::GET, path, None).await;
    let nothing = json!({
        "disputes": [], "refunds": [], "parked_deliveries": [], "failing_cancels": [],
    });
    assert_eq!(get(&other, "/attention").await, (200, nothing));
    let theirs = get(&other, "/attention?organization_id=acme").await;
    assert_eq!(theirs.0, 404);
    let (status, list) = get(&own, "/attention").await;
    assert_eq!(status, 200);
    assert_eq!(list["parked_deliveries"][0]["connection"], "simulator");
    admin.close().await;
}

async fn a_key_reaches_one_organization(admin: AdminFixture) {
    let invoice = admin.first_invoice().await;
    let (_, own) = create(&admin, "acme");
    let (_, other) = create(&admin, "other");
    let get = async |key: &str, path: &str| send(&admin, key, Method::GET, path, None).await;

    for (method, path) in [
        (Method::GET, format!("/invoices/{invoice}")),
        (Method::POST, format!("/invoices/{invoice}/payment_url")),
        (Method::POST, format!("/invoices/{invoice}/void")),
        (Method::GET, "/invoices?organization_id=acme".to_owned()),
        (Method::GET, "/connections?organization_id=acme".to_owned()),
        (
            Method::DELETE,
            "/connections/simulator?organization_id=acme".to_owned(),
        ),
        (Method::POST, "/connections/simulator/check".to_owned()),
        (
            Method::POST,
            "/connections/simulator/check?organization_id=acme".to_owned(),
        ),
        (
            Method::GET,
            "/connections/simulator/deliveries?organization_id=acme".to_owned(),
        ),
    ] {
        let (status, answer) = send(&admin, &other, method, &path, None).await;
        assert_eq!(
            (status, &answer["code"]),
            (404, &json!("not_found")),
            "{path}"
        );
    }
    for (path, body) in [
        (
            "/invoices",
            json!({"organization_id": "acme", "external_customer_id": "customer-1",
                   "amount_cents": 100, "currency": "INR", "purpose": "Theirs"}),
        ),
        (
            "/customers",
            json!({"organization_id": "acme", "external_id": "customer-1"}),
        ),
        (
            "/connections",
            json!({"organization_id": "acme", "provider": "cashfree", "code": "theirs", "name": "T",
                   "settings": {}}),
        ),
    ] {
        let (status, _) = send(&admin, &other, Method::POST, path, Some(&body)).await;
        assert_eq!(status, 404, "{path}");
    }
    let (status, answer) = send(&admin, &other, Method::POST, "/sealing-key/reseal", None).await;
    assert_eq!((status, &answer["code"]), (403, &json!("forbidden")));
    assert_eq!(get(&other, "/invoices").await.1["invoices"], json!([]));
    assert_eq!(
        get(&other, "/connections").await.1["connections"],
        json!([])
    );

    let (status, list) = get(&own, "/invoices").await;
    assert_eq!(
        (status, list["invoices"].as_array().unwrap().len()),
        (200, 3)
    );
    let (status, _) = send(
        &admin,
        &own,
        Method::POST,
        "/connections/simulator/check",
        None,
    )
    .await;
    assert_eq!(status, 200, "the organization is that of the key");
    for key in [&own, admin.operator_key()] {
        let path = format!("/invoices/{invoice}");
        assert_eq!(get(key, &path).await.0, 200);
        assert_eq!(
            get(key, &format!("{path}?organization_id=acme")).await.0,
            200
        );
        assert_eq!(
            get(key, &format!("{path}?organization_id=other")).await.0,
            404
        );
    }
    assert_eq!(
        get(&own, &format!("/invoices/{invoice}")).await.1["voided_at"],
        Value::Null
    );
    admin.close().await;
}

async fn a_key_is_shown_once_and_ends_when_it_is_revoked(admin: AdminFixture) {
    let printed = admin.succeeds(&["api-keys", "create", "shop floor"]);
    let (key, rest) = printed.split_once('\n').unwrap();
    assert!(key.len() >= 24 && !rest.contains(key), "{printed}");
    let (id, second) = create(&admin, "acme");
    let get = async |key: &str| send(&admin, key, Method::GET, "/invoices", None).await.0;
    assert_eq!((get(key).await, get(&second).await), (200, 200));

    let listed = admin.succeeds(&["api-keys", "list"]);
    assert!(
        listed.contains("shop floor") && listed.contains(&id),
        "{listed}"
    );
    assert!(
        !listed.contains(key) && !listed.contains(&second),
        "{listed}"
    );
    let secret = second.rsplit_once('_').unwrap().1;
    let found = format!(
        "SELECT count(*) FROM billing_api_keys WHERE id LIKE '%{secret}%' OR name LIKE '%{secret}%'
             OR length(secret_hash) <> 32"
    );
    assert_eq!(admin.count(&found).await, 0);
    let first = admin.json(&["api-keys", "list", "--limit", "1"]);
    let next = first["next"].as_str().unwrap();
    let rest = admin.json(&["api-keys", "list", "--after", next]);
    assert_eq!(rest["api_keys"][0]["id"], *id);
    assert_eq!(rest["next"], Value::Null);

    let revoke = ["api-keys", "revoke", &id];
    let elsewhere = [&revoke[..], &["--organization", "other"]].concat();
    let error = admin.fails(&elsewhere);
    assert!(error.contains("no API key with this id"), "{error}");
    assert_eq!(get(&second).await, 200);
    assert_eq!(admin.succeeds(&revoke), "the API key is revoked\n");
    assert_eq!(admin.json(&revoke)["revoked"], false);
    assert_eq!((get(key).await, get(&second).await), (200, 401));
    let output = admin
        .program(&["api-keys", "create", " "])
        .output()
        .unwrap();
    assert!(text(&output.stderr).contains("must not be blank"));
    admin.close().await;
}

/// Presents wrong keys until they are refused for some seconds.
async fn exhaust(admin: &AdminFixture) {
    loop {
        let request = admin.request(Method::GET, "/api/v1/invoices");
        let answer = request.bearer_auth("one-guess").send().await.unwrap();
        let wait = answer.headers().get("retry-after");
        let wait = wait.map_or(0, |wait| wait.to_str().unwrap().parse().unwrap());
        if wait >= 4 {
            assert_eq!(answer.status().as_u16(), 429);
            return;
        }
    }
}

async fn wrong_keys_are_limited_and_shut_no_other_key_out(admin: AdminFixture) {
    let (_, key) = create(&admin, "acme");
    let get = async |key: &str| send(&admin, key, Method::GET, "/invoices", None).await;
    let mut wrong = key.clone();
    let last = if key.ends_with('0') { "1" } else { "0" };
    wrong.replace_range(wrong.len() - 1.., last);
    let guesses = ["one-guess", &wrong, "bhk_"];
    for guess in guesses.iter().cycle().take(10) {
        assert_eq!(get(guess).await.0, 401, "{guess}");
    }
    exhaust(&admin).await;
    let (status, answer) = get(&wrong).await;
    assert_eq!(
        (status, &answer["code"]),
        (429, &json!("too_many_failures"))
    );
    // A guess tells nothing now, so the operator's key is not compared for this address either.
    exhaust(&admin).await;
    assert_eq!(get(admin.operator_key()).await.0, 429);
    assert_eq!(get(&key).await.0, 200, "a generated key is never shut out");

    let page = admin.request(Method::GET, "/sign-in").send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let (_, token) = html.split_once("name=\"csrf_token\" value=\"").unwrap();
    let (token, _) = token.split_once('"').unwrap();
    let form = format!("csrf_token={token}&api_key={}", admin.operator_key());
    let request = admin
        .request(Method::POST, "/sign-in")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    exhaust(&admin).await;
    let refused = request.body(form).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("too many wrong keys")
    );

    // Another address, as the trusted proxy reports it, is not shut out.
    exhaust(&admin).await;
    let elsewhere = admin.request(Method::GET, "/api/v1/invoices");
    let elsewhere = elsewhere.header("x-forwarded-for", "192.0.2.7");
    let answered = elsewhere.bearer_auth(admin.operator_key()).send().await;
    assert_eq!(answered.unwrap().status().as_u16(), 200);
    admin.close().await;
}
