//! Access to the overview: only from a browser on this machine, and for forms only from the overview's own pages.
//!
//! A browser on this machine can submit a form of any site to the overview. It then sends the page's origin in the
//! header `origin`, which no page can omit or choose.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use url::Url;

use crate::control::names_this_machine;
use crate::html::{Audience, page};

#[derive(Template)]
#[template(path = "overview/refused.html")]
struct Refused {
    root: &'static str,
}

/// Lets a request pass if it names this machine and, unless it only reads, comes from one of the simulator's pages.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if names_this_machine(&request) && (reads || is_own(request.headers())) {
        next.run(request).await
    } else {
        page(
            Audience::Developer,
            StatusCode::FORBIDDEN,
            &Refused { root: "/" },
        )
    }
}

/// Returns true if the origin of the request is the host it is sent to.
fn is_own(headers: &HeaderMap) -> bool {
    let own =
        only(headers, &header::HOST).and_then(|host| Url::parse(&format!("http://{host}")).ok());
    let from = only(headers, &header::ORIGIN).and_then(|origin| Url::parse(origin).ok());
    match (own, from) {
        (Some(own), Some(from)) => own.origin().is_tuple() && own.origin() == from.origin(),
        _ => false,
    }
}

/// Returns the value of a header that occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_same_origin_is_accepted() {
        for (host, origin, own) in [
            ("127.0.0.1:3001", "http://127.0.0.1:3001", true),
            ("localhost:80", "http://localhost", true),
            ("[::1]:3001", "http://[::1]:3001", true),
            ("127.0.0.1:3001", "http://127.0.0.1:3002", false),
            ("127.0.0.1:3001", "http://localhost:3001", false),
            ("127.0.0.1:3001", "https://127.0.0.1:3001", false),
            ("127.0.0.1:3001", "http://evil.example", false),
            ("127.0.0.1:3001", "null", false),
            ("127.0.0.1:3001", "", false),
        ] {
            let headers = HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static(host)),
                (header::ORIGIN, HeaderValue::from_static(origin)),
            ]);
            assert_eq!(is_own(&headers), own, "{host} {origin}");
            let mut twice = headers.clone();
            twice.append(header::ORIGIN, HeaderValue::from_static(origin));
            assert!(!is_own(&twice), "{host} {origin}");
        }
    }
}
