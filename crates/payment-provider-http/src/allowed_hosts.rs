//! The hosts that a setting of a connection may name as the gateway's address.

use std::borrow::Cow;

use payment_provider_core::Environment;
use url::Url;

use crate::canonical_host::canonical;
use crate::config::HttpConfig;
use crate::url_rules::{self, is_loopback};

impl HttpConfig {
    /// Returns the defect of a base address, to which paths are appended, if it has one: a defect of
    /// [`url_rules::base_defect`], or a host that is none of the gateway's own, none of
    /// [`with_allowed_hosts`](Self::with_allowed_hosts), and not this machine where
    /// [`with_loopback`](Self::with_loopback) allows it. Hosts are compared in canonical form, and a host
    /// is allowed at every port.
    ///
    /// # Examples
    /// ```
    /// use payment_provider_core::Environment;
    /// use payment_provider_http::HttpConfig;
    ///
    /// let config = HttpConfig::new().with_allowed_hosts(["relay.example"]);
    /// let defect = |url: &str| {
    ///     let url = url.parse().unwrap();
    ///     config.base_defect(&url, Environment::Production, &["api.acme.example"])
    /// };
    /// assert_eq!(defect("https://api.acme.example/v1"), None);
    /// assert_eq!(defect("https://relay.example/v1"), None);
    /// let hosts = "must be at an allowed host: api.acme.example, relay.example";
    /// assert_eq!(defect("https://elsewhere.example/v1").as_deref(), Some(hosts));
    /// ```
    pub fn base_defect(
        &self,
        url: &Url,
        environment: Environment,
        own: &[&str],
    ) -> Option<Cow<'static, str>> {
        if let Some(defect) = url_rules::base_defect(url, environment) {
            return Some(defect.into());
        }
        let further = self.allowed_hosts.iter().map(String::as_str);
        let allowed: Vec<&str> = own.iter().copied().chain(further).collect();
        let host = url.host_str().and_then(|host| canonical(host).ok());
        let is_allowed = host.is_some_and(|host| {
            let mut known = allowed.iter().filter_map(|known| canonical(known).ok());
            known.any(|known| known == host)
        });
        if is_allowed || (self.loopback && is_loopback(url)) {
            return None;
        }
        let list = allowed.join(", ");
        let this_machine = if self.loopback {
            ", or this machine"
        } else {
            ""
        };
        Some(format!("must be at an allowed host: {list}{this_machine}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["test.example"];

    fn defect(config: &HttpConfig, url: &str) -> Option<String> {
        let url = url.parse().unwrap();
        let defect = config.base_defect(&url, Environment::Sandbox, OWN);
        defect.map(Cow::into_owned)
    }

    #[test]
    fn a_base_is_at_a_host_of_the_gateway_or_of_the_configuration() {
        let plain = HttpConfig::new();
        let more = HttpConfig::new().with_allowed_hosts(["Relay.example", "other.example"]);
        for (url, by_default, configured) in [
            ("https://test.example/v1", true, true),
            ("https://TEST.example./v1", true, true),
            ("https://test.example:8443/v1", true, true),
            ("https://relay.example/v1", false, true),
            ("https://test.example.evil/v1", false, false),
            ("https://xtest.example/v1", false, false),
            ("https://127.0.0.1/v1", false, false),
            ("http://127.0.0.1/v1", false, false),
            ("http://localhost/v1", false, false),
        ] {
            assert_eq!(defect(&plain, url).is_none(), by_default, "{url}");
            assert_eq!(defect(&more, url).is_none(), configured, "{url}");
        }
        assert_eq!(
            defect(&more, "https://evil.example/v1").unwrap(),
            "must be at an allowed host: test.example, Relay.example, other.example"
        );
    }

    #[test]
    fn this_machine_is_a_host_only_where_loopback_is_allowed() {
        let config = HttpConfig::new().with_loopback(true);
        for url in [
            "http://127.0.0.1:3001/v1",
            "http://[::1]/v1",
            "http://localhost/v1",
            "https://127.0.0.1/v1",
        ] {
            assert_eq!(defect(&config, url), None, "{url}");
        }
        let elsewhere = defect(&config, "https://10.0.0.1/v1").unwrap();
        assert_eq!(
            elsewhere,
            "must be at an allowed host: test.example, or this machine"
        );
    }

    #[test]
    fn a_host_is_allowed_in_every_spelling() {
        let config = HttpConfig::new().with_allowed_hosts([
            "Relay.example.",
            "bücher.example",
            "xn--mnchen-3ya.example",
            "[2606:4700:4700:0::1111]",
            "2606:4700:4700::1001",
            "1.0.0.1",
        ]);
        config.check().unwrap();
        for same in [
            "https://relay.example/v1",
            "https://RELAY.example./v1",
            "https://relay.example:8443/v1",
            "https://b%C3%BCcher.example/v1",
            "https://xn--bcher-kva.example/v1",
            "https://MÜNCHEN.example/v1",
            "https://[2606:4700:4700::1111]/v1",
            "https://[2606:4700:4700::1001]/v1",
            "https://1.0.1/v1",
        ] {
            assert_eq!(defect(&config, same), None, "{same}");
        }
        for other in [
            "https://relay.example../v1",
            "https://bucher.example/v1",
            "https://[2606:4700:4700::1112]/v1",
            "https://[::ffff:1.0.0.1]/v1",
        ] {
            assert!(defect(&config, other).is_some(), "{other}");
        }
    }

    #[test]
    fn an_entry_that_is_no_host_is_refused_by_name() {
        for entry in [
            "",
            " ",
            ".",
            "https://relay.example",
            "relay.example/v1",
            "relay.example:8443",
            "[2606:4700:4700::1111]:443",
            "*.relay.example",
            "*",
            ".relay.example",
            "relay..example",
            "relay.example..",
            "relay.example?a=b",
            "relay example",
            "relay.example,other.example",
        ] {
            let config = HttpConfig::new().with_allowed_hosts(["good.example", entry]);
            let error = config.check().unwrap_err().to_string();
            let name = format!("allowed_hosts has the entry `{entry}`, ");
            assert!(error.starts_with(&name), "{error}");
        }
        let config = HttpConfig::new().with_allowed_hosts(["user:canary@relay.example"]);
        let error = config.check().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(error.to_string().contains("relay.example"), "{error}");
    }
}
