//! The guard of outbound addresses: a provider connects to public addresses only, and to this
//! machine if the configuration allows it.
//!
//! A setting of a connection names the host, so without the guard a tenant could read what answers
//! inside the network of the host application. The guard judges the addresses to which a connection
//! is made, after the name was resolved, so that a name that resolves to an inner address is no way
//! around it.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::address_class::{inner_class, is_loopback};

/// Addresses that may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public addresses.
    Public,
    /// Public addresses and this machine.
    PublicAndLoopback,
    /// This machine.
    Loopback,
}

/// An address that may not be connected to. It is not repeated, since it may be a secret of the
/// network. An address that stands in a URL is refused for good, a name for a minute
/// ([`refused_name`](crate::clients::refused_name)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is not called: {class} addresses are not allowed")]
pub(crate) struct RefusedAddress {
    class: &'static str,
}

impl RefusedAddress {
    /// Returns true if this is among the causes of an error.
    pub(crate) fn caused(error: &(dyn StdError + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.is::<Self>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl Reach {
    fn check(self, address: IpAddr) -> Result<(), RefusedAddress> {
        let refused = |class| Err(RefusedAddress { class });
        match (self, inner_class(address)) {
            (Self::PublicAndLoopback | Self::Loopback, _) if is_loopback(address) => Ok(()),
            (Self::Public | Self::PublicAndLoopback, None) => Ok(()),
            (Self::Loopback, None) => refused("public"),
            (_, Some(class)) => refused(class),
        }
    }

    /// Checks a URL that names an address in place of a host name: such an address is not resolved.
    pub(crate) fn check_literal(self, url: &Url) -> Result<(), RefusedAddress> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(address.into()),
            Some(Host::Ipv6(address)) => self.check(address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }
}

/// Resolves names to those of their addresses that may be connected to.
#[derive(Debug, Clone)]
pub(crate) struct GuardedResolver {
    reach: Reach,
    /// The names of the proxies of the operator, which may have inner addresses.
    proxies: Arc<BTreeSet<String>>,
}

impl GuardedResolver {
    pub(crate) fn new(reach: Reach, proxies: BTreeSet<String>) -> Self {
        Self {
            reach,
            proxies: Arc::new(proxies),
        }
    }

    fn permitted(
        &self,
        name: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, RefusedAddress> {
        if self.proxies.contains(&name.to_ascii_lowercase()) {
            return Ok(found.collect());
        }
        let mut permitted = Vec::new();
        let mut refused = None;
        for address in found {
            match self.reach.check(address.ip()) {
                Ok(()) => permitted.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if permitted.is_empty() => Err(error),
            _ => Ok(permitted),
        }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted = guard.permitted(name.as_str(), found)?;
            let addresses: Addrs = Box::new(permitted.into_iter());
            Ok(addresses)
        })
    }
}

/// Returns the hosts of the proxies that the process environment names.
pub(crate) fn environment_proxies() -> BTreeSet<String> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let values = names.iter().filter_map(|name| std::env::var(name).ok());
    values.filter_map(|value| proxy_host(&value)).collect()
}

fn proxy_host(value: &str) -> Option<String> {
    let url: Url = if value.contains("://") {
        value.parse().ok()?
    } else {
        format!("http://{value}").parse().ok()?
    };
    Some(url.host_str()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        let ips = texts.iter().map(|text| text.parse::<IpAddr>().unwrap());
        ips.map(|ip| SocketAddr::new(ip, 0)).collect()
    }

    fn permitted(reach: Reach, name: &str, found: &[&str]) -> Result<usize, RefusedAddress> {
        let guard = GuardedResolver::new(reach, BTreeSet::from(["proxy.example".to_owned()]));
        let found = addresses(found).into_iter();
        guard
            .permitted(name, found)
            .map(|permitted| permitted.len())
    }

    #[test]
    fn a_name_is_called_at_its_public_addresses_alone() {
        let name = "gateway.example";
        for inner in ["10.0.0.1", "127.0.0.1", "::ffff:10.0.0.1", "fd00::1"] {
            assert!(permitted(Reach::Public, name, &[inner]).is_err(), "{inner}");
            let both = permitted(Reach::Public, name, &[inner, "1.1.1.1"]);
            assert_eq!(both, Ok(1), "{inner}");
        }
        assert_eq!(permitted(Reach::Public, name, &["1.1.1.1"]), Ok(1));
        assert_eq!(permitted(Reach::Public, name, &[]), Ok(0));
    }

    #[test]
    fn loopback_is_called_only_where_it_is_allowed() {
        let name = "localhost";
        for loopback in ["127.0.0.1", "::1"] {
            for (reach, called) in [
                (Reach::Public, false),
                (Reach::PublicAndLoopback, true),
                (Reach::Loopback, true),
            ] {
                let found = permitted(reach, name, &[loopback]);
                assert_eq!(found.is_ok(), called, "{reach:?} {loopback}");
            }
        }
        assert!(permitted(Reach::PublicAndLoopback, name, &["10.0.0.1"]).is_err());
        // The client for plain http calls nothing but this machine, whatever `localhost` means.
        for other in ["1.1.1.1", "10.0.0.1"] {
            assert!(
                permitted(Reach::Loopback, name, &[other]).is_err(),
                "{other}"
            );
        }
    }

    #[test]
    fn a_proxy_of_the_operator_may_have_an_inner_address() {
        assert_eq!(
            permitted(Reach::Public, "PROXY.example", &["10.0.0.1"]),
            Ok(1)
        );
        for (value, host) in [
            ("http://user:pass@Proxy.example:3128", "proxy.example"),
            ("proxy.example:3128", "proxy.example"),
            ("socks5h://proxy.example", "proxy.example"),
        ] {
            assert_eq!(proxy_host(value).as_deref(), Some(host), "{value}");
        }
    }

    #[test]
    fn an_address_in_a_url_is_judged_in_every_spelling() {
        for url in [
            "https://10.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            let url: Url = url.parse().unwrap();
            assert!(Reach::Public.check_literal(&url).is_err(), "{url}");
        }
        for url in ["https://1.1.1.1/", "https://gateway.example/"] {
            assert!(Reach::Public.check_literal(&url.parse().unwrap()).is_ok());
        }
    }
}
