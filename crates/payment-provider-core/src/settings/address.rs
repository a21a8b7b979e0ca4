use url::{Host, Url};

use crate::Environment;

/// Returns the defect of an address for redirecting a payer, or `None` if the address is valid.
pub(super) fn defect(url: &Url, environment: Environment) -> Option<&'static str> {
    let secure = match url.scheme() {
        "https" => true,
        "http" => environment == Environment::Sandbox && is_this_machine(url),
        _ => false,
    };
    if !secure {
        Some("must be https; http is accepted only to this machine and only in sandbox")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("must not hold a user name or password")
    } else {
        None
    }
}

fn is_this_machine(url: &Url) -> bool {
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

    #[test]
    fn https_is_accepted_everywhere_and_plain_http_on_this_machine_in_sandbox_only() {
        for (text, sandbox, production) in [
            ("https://shop.example/a?b=c#d", true, true),
            ("http://127.0.0.1:3001/", true, false),
            ("http://127.9.9.9/", true, false),
            ("http://[::1]:3001/", true, false),
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
            let url: Url = text.parse().unwrap();
            let accepted = |environment| defect(&url, environment).is_none();
            assert_eq!(accepted(Environment::Sandbox), sandbox, "{text}");
            assert_eq!(accepted(Environment::Production), production, "{text}");
        }
    }
}
