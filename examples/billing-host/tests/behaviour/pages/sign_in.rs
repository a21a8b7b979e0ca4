use reqwest::StatusCode;

use super::client::PageClient;
use crate::fixture::Application;

#[tokio::test]
async fn a_visitor_signs_in_and_returns_to_the_requested_page() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut clerk = PageClient::new(&app);
    for path in [
        "/",
        "/customers",
        "/connections",
        "/new-connection",
        "/live",
    ] {
        let page = clerk.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            page.location.unwrap().starts_with("/sign-in?next="),
            "{path}"
        );
    }
    let wanted = format!("/invoices/{invoice}");
    let sent_to = clerk.get(&wanted).await.location.unwrap();
    let form = clerk.get(&sent_to).await;
    form.shows("Sign in");
    let next = form.attribute("input[name=next]", "value").unwrap();
    let wrong = [
        ("csrf_token", form.token()),
        ("next", next.clone()),
        ("api_key", "bh_wrong".to_owned()),
    ];
    let refused = clerk.post("/sign-in", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("API key is not the API key of this application");
    assert!(!refused.html.contains("bh_wrong"));
    let key = app.running.api_key().to_owned();
    let right = [
        ("csrf_token", refused.token()),
        ("next", next),
        ("api_key", key),
    ];
    let entered = clerk.post("/sign-in", &right).await;
    assert_eq!(entered.location.as_deref(), Some(wanted.as_str()));
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    clerk.get(&wanted).await.shows("Plan Basic, November");

    let out = clerk.submit("/", "/sign-out", &[]).await;
    assert_eq!(out.location.as_deref(), Some("/sign-in"));
    assert_eq!(clerk.get("/").await.status, StatusCode::SEE_OTHER);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_signed_out_session_is_not_accepted() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let kept = clerk.cookie.clone();
    let url = format!("{}/live", app.running.url());
    let stream = app.http.get(url).header("cookie", kept.clone().unwrap());
    let stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    clerk.submit("/", "/sign-out", &[]).await;
    // The open stream is closed, not cut off.
    assert!(stream.bytes().await.is_ok());
    clerk.cookie = kept;
    assert_eq!(clerk.get("/").await.status, StatusCode::SEE_OTHER);
    let url = format!("{}/live", app.running.url());
    let stream = app.http.get(url).header("accept", "text/event-stream");
    let stream = stream.send().await.unwrap();
    assert_eq!(
        stream.status(),
        StatusCode::UNAUTHORIZED,
        "an event stream is not redirected"
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn signing_in_never_redirects_to_another_site() {
    let app = Application::start().await;
    for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let mut clerk = PageClient::new(&app);
        let form = clerk.get(&format!("/sign-in?next={elsewhere}")).await;
        let fields = [
            ("csrf_token", form.token()),
            ("next", elsewhere.to_owned()),
            ("api_key", app.running.api_key().to_owned()),
        ];
        let entered = clerk.post("/sign-in", &fields).await;
        assert_eq!(entered.location.as_deref(), Some("/"), "{elsewhere}");
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn unknown_paths_are_html_pages_for_browsers() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
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
        let page = clerk.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(page.count("h1"), 1, "{path}");
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn the_return_page_needs_no_session_and_ignores_query_parameters() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let mut payer = PageClient::new(&app);
    let claimed = payer
        .get(&format!("/thanks/{invoice}?status=PAID&link_status=PAID"))
        .await;
    claimed.shows("Not confirmed yet");
    assert_eq!(claimed.count("nav"), 0);
    app.running.shutdown().await;
}
