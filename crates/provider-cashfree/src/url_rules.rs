//! Rules for the addresses accepted from a host and from the gateway.

use payment_provider_core::Environment;
pub(crate) use payment_provider_http::url_rules::defect;
use payment_provider_http::url_rules::{self, is_same_host};
use url::Url;

/// Returns the defect of a base address, to which paths are appended; `None` if it is valid.
pub(crate) fn base_defect(url: &Url, environment: Environment) -> Option<&'static str> {
    let of_the_other = match environment {
        Environment::Sandbox => "api.cashfree.com",
        Environment::Production => "sandbox.cashfree.com",
    };
    url_rules::base_defect(url, environment).or_else(|| {
        url.host_str()
            .is_some_and(|host| is_same_host(host, of_the_other))
            .then_some("must not be the address of the other environment")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
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
