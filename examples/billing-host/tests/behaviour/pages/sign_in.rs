use reqwest::StatusCode;

use super::client::Person;
use crate::fixture::Application;

#[tokio::test]
async fn a_visitor_is_asked_to_sign_in_and_then_gets_what_they_came_for() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut person = Person::new(&app);
    for path in [
        "/",
        "/customers",
        "/connections",
        "/new-connection",
        "/live",
    ] {
        let page = person.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            page.location.unwrap().starts_with("/sign-in?next="),
            "{path}"
        );
    }
    let wanted = format!("/invoices/{invoice}");
    let sent_to = person.get(&wanted).await.location.unwrap();
    let form = person.get(&sent_to).await;
    form.shows("Sign in");
    let next = form.attribute("input[name=next]", "value").unwrap();
    let wrong = [
        ("csrf_token", form.token()),
        ("next", next.clone()),
        ("api_key", "bh_wrong".to_owned()),
    ];
    let refused = person.post("/sign-in", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("API key is not the API key of this application");
    assert!(!refused.html.contains("bh_wrong"));
    let key = app.running.api_key().to_owned();
    let right = [
        ("csrf_token", refused.token()),
        ("next", next),
        ("api_key", key),
    ];
    let entered = person.post("/sign-in", &right).await;
    assert_eq!(entered.location.as_deref(), Some(wanted.as_str()));
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    person.get(&wanted).await.shows("Plan Basic, November");

    let out = person.submit("/", "/sign-out", &[]).await;
    assert_eq!(out.location.as_deref(), Some("/sign-in"));
    assert_eq!(person.get("/").await.status, StatusCode::SEE_OTHER);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_session_that_was_ended_is_worth_nothing_any_more() {
    let app = Application::start().await;
    let mut person = Person::signed_in(&app).await;
    let kept = person.cookie.clone();
    let url = format!("{}/live", app.running.url());
    let stream = app.http.get(url).header("cookie", kept.clone().unwrap());
    let stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    person.submit("/", "/sign-out", &[]).await;
    // The open stream ends, and does so in order.
    assert!(stream.bytes().await.is_ok());
    person.cookie = kept;
    assert_eq!(person.get("/").await.status, StatusCode::SEE_OTHER);
    let url = format!("{}/live", app.running.url());
    let stream = app.http.get(url).header("accept", "text/event-stream");
    let stream = stream.send().await.unwrap();
    assert_eq!(
        stream.status(),
        StatusCode::UNAUTHORIZED,
        "a stream is led nowhere"
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let app = Application::start().await;
    for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let mut person = Person::new(&app);
        let form = person.get(&format!("/sign-in?next={elsewhere}")).await;
        let fields = [
            ("csrf_token", form.token()),
            ("next", elsewhere.to_owned()),
            ("api_key", app.running.api_key().to_owned()),
        ];
        let entered = person.post("/sign-in", &fields).await;
        assert_eq!(entered.location.as_deref(), Some("/"), "{elsewhere}");
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_on_a_page_to_people_only() {
    let app = Application::start().await;
    let mut person = Person::signed_in(&app).await;
    for path in [
        "/nothing",
        "/invoices/1",
        "/invoices/%FF",
        "/customers/1",
        "/connections/acme/none",
        "/connections/%FF/%FF",
        "/new-connection/none",
        "/thanks/1",
        "/thanks/%00",
        "/invoices/%00",
        "/customers/%00",
        "/assets/none",
    ] {
        let page = person.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(page.count("h1"), 1, "{path}");
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn the_page_for_payers_needs_no_key_and_believes_no_address() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut payer = Person::new(&app);
    let claimed = payer
        .get(&format!("/thanks/{invoice}?status=PAID&link_status=PAID"))
        .await;
    claimed.shows("Not confirmed yet");
    assert_eq!(claimed.count("nav"), 0);
    app.running.shutdown().await;
}
