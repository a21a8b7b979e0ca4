use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use scraper::{Html, Selector};
use test_support::PATIENCE;

use crate::fixture::Application;

/// A client that keeps one cookie and follows no redirects.
#[derive(Clone)]
pub(super) struct PageClient {
    http: Client,
    base: String,
    pub(super) cookie: Option<String>,
}

/// A response with its HTML.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) html: String,
}

impl PageClient {
    pub(super) fn new(app: &Application) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE);
        Self {
            http: http.redirect(Policy::none()).build().unwrap(),
            base: app.running.url().to_owned(),
            cookie: None,
        }
    }

    /// Returns a client that is signed in.
    pub(super) async fn signed_in(app: &Application) -> Self {
        let mut clerk = Self::new(app);
        let page = clerk.get("/sign-in").await;
        let key = app.running.api_key().to_owned();
        let fields = [("csrf_token", page.token()), ("api_key", key)];
        let response = clerk.post("/sign-in", &fields).await;
        assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.html);
        clerk
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(self.http.get(format!("{}{path}", self.base)))
            .await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, String)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            body.append_pair(name, value);
        }
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body.finish())).await
    }

    /// Opens `page` for its CSRF token and submits `fields` to `path`.
    pub(super) async fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get(page).await.token();
        let mut all = vec![("csrf_token", token)];
        all.extend(
            fields
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        self.post(path, &all).await
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Page {
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.header("accept", "text/html").send().await.unwrap();
        if let Some(set) = response.headers().get("set-cookie") {
            let set = set.to_str().unwrap();
            self.cookie = Some(set.split(';').next().unwrap().to_owned());
        }
        Page {
            status: response.status(),
            location: response
                .headers()
                .get("location")
                .map(|value| value.to_str().unwrap().to_owned()),
            headers: response.headers().clone(),
            html: response.text().await.unwrap(),
        }
    }
}

impl Page {
    pub(super) fn dom(&self) -> Html {
        Html::parse_document(&self.html)
    }

    /// Returns the text of the main element with whitespace collapsed.
    pub(super) fn text(&self) -> String {
        let dom = self.dom();
        let body = Selector::parse("main").unwrap();
        let text: Vec<_> = dom.select(&body).flat_map(|it| it.text()).collect();
        let words: Vec<_> = text.iter().flat_map(|it| it.split_whitespace()).collect();
        words.join(" ")
    }

    /// Returns an attribute of the first element that matches the selector.
    pub(super) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let selector = Selector::parse(selector).unwrap();
        let dom = self.dom();
        let found = dom.select(&selector).next()?;
        found.value().attr(name).map(str::to_owned)
    }

    pub(super) fn count(&self, selector: &str) -> usize {
        let selector = Selector::parse(selector).unwrap();
        self.dom().select(&selector).count()
    }

    pub(super) fn token(&self) -> String {
        let token = self.attribute("input[name=csrf_token]", "value");
        token.unwrap_or_else(|| panic!("no token: {}", self.html))
    }

    pub(super) fn shows(&self, text: &str) {
        assert!(self.text().contains(text), "no {text:?} in {}", self.text());
    }
}
