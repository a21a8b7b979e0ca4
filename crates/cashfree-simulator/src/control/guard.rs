//! Access to the control API: for programs on this machine, not for web pages in a browser on it.
//!
//! A page of any site can make a browser send requests to this machine. The browser then sends the site as the
//! origin, or, if the site points a name of its own at this machine, that name as the host. It does not send JSON
//! across sites without permission.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::uri::Authority;
use http::{HeaderMap, Method, header};
use url::{Host, Url};

use super::reply::refusal;
use crate::media_type::is_json;

/// Lets a request pass if it names this machine and sends JSON or nothing.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !names_this_machine(&request) || !origin(headers) {
        return refusal(
            403,
            "foreign_host",
            "the headers host and origin must name this machine: localhost or a loopback address",
        );
    }
    if request.method() == Method::POST && !is_empty(&request) && !is_json(headers) {
        return refusal(
            415,
            "not_json",
            "a body needs the content type application/json",
        );
    }
    next.run(request).await
}

/// Returns true if the request target and every host header name this machine.
pub(crate) fn names_this_machine(request: &Request) -> bool {
    request.uri().authority().is_none_or(is_this_machine) && host(request.headers())
}

/// Returns true if every host header names this machine. Browsers always send one.
fn host(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::HOST)
        .iter()
        .all(|host| Authority::try_from(host.as_bytes()).is_ok_and(|host| is_this_machine(&host)))
}

/// Returns true if every origin header names a page of this machine.
fn origin(headers: &HeaderMap) -> bool {
    headers.get_all(header::ORIGIN).iter().all(|origin| {
        let url = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
        url.and_then(|url| url.host().map(|host| is_loopback(&host.to_owned())))
            .unwrap_or(false)
    })
}

fn is_this_machine(authority: &Authority) -> bool {
    Host::parse(authority.host()).is_ok_and(|host| is_loopback(&host))
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn is_empty(request: &Request) -> bool {
    use axum::body::HttpBody;
    request.body().is_end_stream()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for (name, ours) in [
            ("localhost", true),
            ("LOCALHOST:3001", true),
            ("localhost.:3001", true),
            ("simulator.localhost", true),
            ("127.0.0.1:3001", true),
            ("127.9.9.9", true),
            ("[::1]:3001", true),
            ("evil.example:3001", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("notlocalhost", false),
            ("0.0.0.0", false),
            ("192.168.0.7:3001", false),
            ("[::2]", false),
        ] {
            let authority: Authority = name.parse().unwrap();
            assert_eq!(is_this_machine(&authority), ours, "{name}");
        }
    }
}
