//! Which addresses are accepted from a host and from the gateway.

use payment_provider_core::Environment;
use url::{Host, Url};

const NOT_HTTPS: &str = "must be https; http is accepted only to this machine and only in sandbox";

/// What is wrong with an address to call or to send a payer to; `None` if nothing is.
pub(crate) fn defect(url: &Url, environment: Environment) -> Option<&'static str> {
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

/// What is wrong with an address to which paths are appended; `None` if nothing is.
pub(crate) fn base_defect(url: &Url, environment: Environment) -> Option<&'static str> {
    let of_the_other = match environment {
        Environment::Sandbox => "api.cashfree.com",
        Environment::Production => "sandbox.cashfree.com",
    };
    defect(url, environment).or_else(|| {
        if url.query().is_some() || url.fragment().is_some() {
            Some("must not hold a query or a fragment")
        } else if url.host_str().map(without_root) == Some(of_the_other) {
            Some("must not be the address of the other environment")
        } else {
            None
        }
    })
}

/// A host name without the dot that stands for the root of all names: the same host.
fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn is_loopback(url: &Url) -> bool {
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
    fn a_base_has_no_query_no_fragment_and_is_of_its_environment() {
        use Environment::{Production, Sandbox};
        assert_eq!(
            base_defect(&url("https://sandbox.cashfree.com/pg"), Sandbox),
            None
        );
        assert_eq!(
            base_defect(&url("https://api.cashfree.com/pg"), Production),
            None
        );
        for (text, environment) in [
            ("https://api.cashfree.com/pg", Sandbox),
            ("https://sandbox.cashfree.com/pg", Production),
            ("https://api.cashfree.com./pg", Sandbox),
            ("https://API.Cashfree.com./pg", Sandbox),
            ("https://sandbox.cashfree.com./pg", Production),
            ("https://gateway.example/pg?a=b", Sandbox),
            ("https://gateway.example/pg#a", Sandbox),
            ("https://gateway.example/pg?", Sandbox),
        ] {
            assert!(base_defect(&url(text), environment).is_some(), "{text}");
        }
    }
}
