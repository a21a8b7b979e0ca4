//! Rules for the addresses accepted from a host and from the gateway.
//!
//! A defect is described in words that fit behind the name of a setting or a field and never repeat
//! the address.

use payment_provider_core::Environment;
use url::{Host, Url};

const NOT_HTTPS: &str = "must be https; http is accepted only to this machine and only in sandbox";

/// Returns the defect of an address to call or to send a payer to, if it has one.
pub fn defect(url: &Url, environment: Environment) -> Option<&'static str> {
    let secure = match url.scheme() {
        "https" => true,
        "http" => environment == Environment::Sandbox && is_loopback(url),
        _ => false,
    };
    if !secure {
        Some(NOT_HTTPS)
    } else if url.host().is_none() {
        Some("must name a host")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("must not hold a user name or password")
    } else {
        None
    }
}

/// Returns the defect of an address to which paths are appended, if it has one.
pub fn base_defect(url: &Url, environment: Environment) -> Option<&'static str> {
    defect(url, environment).or_else(|| {
        let more = url.query().is_some() || url.fragment().is_some();
        more.then_some("must not hold a query or a fragment")
    })
}

/// Returns true if two names are of the same host, ignoring letter case and a trailing dot.
pub fn is_same_host(one: &str, other: &str) -> bool {
    fn rooted(name: &str) -> &str {
        name.strip_suffix('.').unwrap_or(name)
    }
    rooted(one).eq_ignore_ascii_case(rooted(other))
}

/// Returns true if the address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn https_is_accepted_everywhere_and_loopback_http_in_sandbox_only() {
        use Environment::{Production, Sandbox};
        for (text, sandbox, production) in [
            ("https://shop.example/a?b=c#d", true, true),
            ("http://127.0.0.1:3001/pg", true, false),
            ("http://127.9.9.9/", true, false),
            ("http://[::1]:3001/", true, false),
            ("http://localhost:3001/", true, false),
            ("http://LOCALHOST/", true, false),
            ("http://shop.example/", false, false),
            ("http://10.0.0.1/", false, false),
            ("http://0.0.0.0/", false, false),
            ("http://localhost.example/", false, false),
            ("http://127.0.0.1.example/", false, false),
            ("ftp://localhost/", false, false),
            ("javascript:alert(1)", false, false),
            ("data:text/html,x", false, false),
            ("https://user@shop.example/", false, false),
            ("https://:secret@shop.example/", false, false),
            ("http://localhost@shop.example/", false, false),
        ] {
            assert_eq!(defect(&url(text), Sandbox).is_none(), sandbox, "{text}");
            assert_eq!(
                defect(&url(text), Production).is_none(),
                production,
                "{text}"
            );
        }
    }

    #[test]
    fn a_base_has_no_query_and_no_fragment() {
        use Environment::{Production, Sandbox};
        for (text, environment, good) in [
            ("https://gateway.example/pg", Production, true),
            ("https://gateway.example", Production, true),
            ("http://127.0.0.1:3001/pg/", Sandbox, true),
            ("http://127.0.0.1:3001/pg/", Production, false),
            ("https://gateway.example/pg?a=b", Sandbox, false),
            ("https://gateway.example/pg?", Sandbox, false),
            ("https://gateway.example/pg#a", Sandbox, false),
            ("https://gateway.example/pg#", Sandbox, false),
        ] {
            assert_eq!(
                base_defect(&url(text), environment).is_none(),
                good,
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_is_the_same_with_and_without_its_root() {
        for (one, other, same) in [
            ("api.example", "api.example", true),
            ("api.example.", "api.example", true),
            ("API.example", "api.Example.", true),
            ("api.example..", "api.example", false),
            ("xapi.example", "api.example", false),
            ("api.example.evil", "api.example", false),
        ] {
            assert_eq!(is_same_host(one, other), same, "{one} {other}");
        }
    }
}
