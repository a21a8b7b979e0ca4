//! The rows that sign-outs leave.

use reqwest::{Method, StatusCode};
use scraper::{Html, Selector};
use test_support::until;

use crate::fixture::{AdminFixture, on_both_databases};

on_both_databases! {
    only_signed_in_sessions_leave_a_row_and_it_ends_with_the_session,
}

const ROWS: &str = "SELECT count(*) FROM billing_ended_sessions";

/// A browser with one cookie.
struct Browser<'a> {
    admin: &'a AdminFixture,
    cookie: String,
}

impl Browser<'_> {
    async fn open(&mut self, path: &str) -> (StatusCode, String) {
        let request = self.admin.request(Method::GET, path);
        self.send(request).await
    }

    /// Submits a form with the CSRF token of a page.
    async fn submit(&mut self, page: &str, path: &str, more: &str) -> StatusCode {
        let token = Selector::parse("input[name=csrf_token]").unwrap();
        let token = Html::parse_document(page)
            .select(&token)
            .find_map(|input| input.attr("value").map(str::to_owned))
            .unwrap();
        let request = self.admin.request(Method::POST, path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(format!("csrf_token={token}&{more}"));
        self.send(request).await.0
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> (StatusCode, String) {
        let request = request.header("cookie", &self.cookie);
        let response = request.header("accept", "text/html").send().await.unwrap();
        if let Some(set) = response.headers().get("set-cookie") {
            let (cookie, _) = set.to_str().unwrap().split_once(';').unwrap();
            cookie.clone_into(&mut self.cookie);
        }
        (response.status(), response.text().await.unwrap())
    }
}

async fn only_signed_in_sessions_leave_a_row_and_it_ends_with_the_session(mut admin: AdminFixture) {
    for _ in 0..3 {
        let mut visitor = Browser {
            admin: &admin,
            cookie: String::new(),
        };
        let (_, form) = visitor.open("/sign-in").await;
        let status = visitor.submit(&form, "/sign-out", "").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
    assert_eq!(admin.count(ROWS).await, 0, "of visitors");

    let mut clerk = Browser {
        admin: &admin,
        cookie: String::new(),
    };
    let (_, form) = clerk.open("/sign-in").await;
    let key = format!("api_key={}", admin.operator_key());
    let entered = clerk.submit(&form, "/sign-in", &key).await;
    assert_eq!(entered, StatusCode::SEE_OTHER);
    let (_, page) = clerk.open("/customers").await;
    let session = clerk.cookie.clone();
    clerk.submit(&page, "/sign-out", "").await;
    assert_eq!(admin.count(ROWS).await, 1);
    clerk.cookie.clone_from(&session);
    assert_eq!(clerk.open("/customers").await.0, StatusCode::SEE_OTHER);
    // A repetition of the form changes nothing.
    clerk.cookie = session;
    let repeated = clerk.submit(&page, "/sign-out", "").await;
    assert_eq!(repeated, StatusCode::FORBIDDEN);
    assert_eq!(admin.count(ROWS).await, 1);

    admin.restart().await;
    assert_eq!(
        admin.count(ROWS).await,
        1,
        "the session could still be used"
    );
    admin
        .tamper("UPDATE billing_ended_sessions SET expires_at = 1")
        .await;
    admin.restart().await;
    until(async || match admin.count(ROWS).await {
        0 => Ok(()),
        rows => Err(format!("{rows} rows of expired sessions")),
    })
    .await;
    admin.close().await;
}
