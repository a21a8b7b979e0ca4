//! Rules for the addresses accepted from a host and from the gateway.

use std::borrow::Cow;

use payment_provider_core::Environment;
use payment_provider_http::HttpConfig;
pub(crate) use payment_provider_http::url_rules::defect;
use payment_provider_http::url_rules::{self, is_same_host};
use url::Url;

const SANDBOX_HOST: &str = "sandbox.cashfree.com";
const PRODUCTION_HOST: &str = "api.cashfree.com";

/// Returns the defect of a base address, to which paths are appended; `None` if it is valid.
pub(crate) fn base_defect(
    url: &Url,
    environment: Environment,
    http: &HttpConfig,
) -> Option<Cow<'static, str>> {
    let (own, of_the_other) = match environment {
        Environment::Sandbox => (SANDBOX_HOST, PRODUCTION_HOST),
        Environment::Production => (PRODUCTION_HOST, SANDBOX_HOST),
    };
    let is_of_the_other = |host| is_same_host(host, of_the_other);
    if url_rules::base_defect(url, environment).is_none()
        && url.host_str().is_some_and(is_of_the_other)
    {
        return Some("must not be the address of the other environment".into());
    }
    http.base_defect(url, environment, &[own])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn base_defect(url: &Url, environment: Environment) -> Option<Cow<'static, str>> {
        super::base_defect(url, environment, &HttpConfig::new())
    }

    #[test]
    fn a_base_address_has_no_query_or_fragment_and_matches_the_environment() {
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
