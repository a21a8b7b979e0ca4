//! A person who works on the pages of the application, for actions that have no API.

use cross_crate_tests::{Api, Stage};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

use crate::scene::Scene;

struct Person {
    client: Client,
    url: String,
    cookie: String,
}

impl Person {
    async fn send(&mut self, request: RequestBuilder) -> Option<Response> {
        let request = request.header("accept", "text/html");
        let answer = request.header(COOKIE, &self.cookie).send().await.ok()?;
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie");
            let (pair, _) = cookie.split_once(';').unwrap_or((cookie, ""));
            pair.clone_into(&mut self.cookie);
        }
        Some(answer)
    }

    /// Opens a page, and sends a form with one field from it.
    async fn submit(&mut self, page: &str, path: &str, field: (&str, &str)) -> Option<StatusCode> {
        const TOKEN: &str = "name=\"csrf_token\" value=\"";
        let request = self.client.get(format!("{}{page}", self.url));
        let html = self.send(request).await?.text().await.ok()?;
        let (_, rest) = html.split_once(TOKEN).expect("a form");
        let (token, _) = rest.split_once('"').expect("a token");
        // No character of a token, a key or a word needs escaping.
        let body = format!("csrf_token={token}&{}={}", field.0, field.1);
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Some(self.send(request.body(body)).await?.status())
    }
}

impl Scene {
    /// Enables or disables new checkouts through a connection. Returns `None` if no response arrives.
    pub(crate) async fn try_enable(&self, code: &str, enabled: bool) -> Option<StatusCode> {
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let mut person = Person {
            client: client.build().expect("a client"),
            url: self.api.url().to_owned(),
            cookie: String::new(),
        };
        let key = ("api_key", Stage::KEY);
        let signed_in = person.submit("/sign-in", "/sign-in", key).await;
        assert_eq!(signed_in, Some(StatusCode::SEE_OTHER));
        let page = format!("/connections/{}/{code}", Api::ORGANIZATION);
        let enabled = if enabled { "yes" } else { "no" };
        let path = format!("{page}/enabled");
        person.submit(&page, &path, ("enabled", enabled)).await
    }
}
