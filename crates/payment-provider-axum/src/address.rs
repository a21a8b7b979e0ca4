//! The connection that a delivery is addressed to.

use payment_provider_core::{ConnectionCode, OrganizationId, ProviderId};
use payment_provider_host::ConnectionRef;
use url::form_urlencoded;

/// The names in a webhook address.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) provider: ProviderId,
    pub(crate) connection: ConnectionRef,
}

impl Address {
    /// Reads the address. The error names the invalid part without repeating it.
    pub(crate) fn read(
        provider: &str,
        organization: &str,
        query: Option<&str>,
    ) -> Result<Self, String> {
        let provider = ProviderId::new(provider).map_err(|error| error.to_string())?;
        let organization = OrganizationId::new(organization).map_err(|error| error.to_string())?;
        let mut codes = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .filter(|(name, _)| name == "code")
            .map(|(_, code)| code);
        let code = match (codes.next(), codes.next()) {
            (Some(code), None) => ConnectionCode::new(code).map_err(|error| error.to_string())?,
            (None, _) => return Err("the query parameter `code` is missing".to_owned()),
            (Some(_), Some(_)) => {
                return Err("the query parameter `code` must be there once".to_owned());
            }
        };
        Ok(Self {
            provider,
            connection: ConnectionRef::new(organization, code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_decoded_and_other_parameters_do_not_matter() {
        let address = Address::read("examplepay", "org", Some("a=b&code=main%2D1&c")).unwrap();
        assert_eq!(address.connection.code.as_str(), "main-1");
    }

    #[test]
    fn what_is_missing_repeated_or_malformed_is_said_without_the_text() {
        let problem = |provider, organization, query| {
            Address::read(provider, organization, query).unwrap_err()
        };
        for query in [None, Some(""), Some("kode=main"), Some("Code=main")] {
            let said = problem("examplepay", "org", query);
            assert_eq!(said, "the query parameter `code` is missing", "{query:?}");
        }
        assert!(problem("examplepay", "org", Some("code=a&code=a")).contains("once"));
        assert!(problem("Canary", "org", Some("code=a")).starts_with("provider id must be"));
        assert!(problem("p", "can ary", Some("code=a")).starts_with("organization id must be"));
        let said = problem("p", "org", Some("code=can+ary"));
        assert!(said.starts_with("connection code must be"), "{said}");
        assert!(!said.contains("ary"), "{said}");
    }
}
