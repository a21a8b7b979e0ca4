use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use payment_provider_core::{Effect, ProviderErrorKind, RetryAdvice};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::address_guard::{GuardedResolver, Reach, environment_proxies};
use crate::call_error::CallError;
use crate::config::{HttpConfig, HttpSetupError};
use crate::url_rules;

/// The pause before a name that resolves to refused addresses alone is called again: a usual life of an
/// answer of a name server.
const NAME_PAUSE: Duration = Duration::from_mins(1);

/// The HTTP clients that all connections share. They hold no credentials and no cookies.
///
/// There are two: one for https, which trusts the CA certificates of the machine, and one for plain
/// http to this machine, which trusts no certificate. The first is built at the first call over
/// https, because reading the certificates takes milliseconds: a provider that only calls a
/// simulator on this machine never reads them, and works where there are none.
///
/// The https client connects to public addresses only, and the other one not at all, unless
/// [`HttpConfig::with_loopback`] allows this machine. The addresses that a name resolves to are
/// checked, so that a name of an inner address is no way around it.
///
/// Neither follows redirects, sends a `Referer` header, or repeats a request. A provider builds
/// these clients at startup and shares them.
pub struct HttpClients {
    cleartext: Client,
    secure: OnceLock<Client>,
    config: HttpConfig,
}

impl HttpClients {
    /// Creates the clients of this configuration.
    ///
    /// # Errors
    /// A part of the configuration is out of range, or no client can be built. On a machine without
    /// CA certificates only calls over https fail, before anything is sent, until there are some.
    pub fn new(config: HttpConfig) -> Result<Self, HttpSetupError> {
        config.check()?;
        let cleartext = builder(
            &config,
            GuardedResolver::new(Reach::Loopback, BTreeSet::new()),
        )
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(|source| HttpSetupError::Client {
            source: Box::new(source),
        })?;
        Ok(Self {
            cleartext,
            secure: OnceLock::new(),
            config,
        })
    }

    /// Returns the same clients with calls to this machine allowed or not.
    pub fn with_loopback(&self, allowed: bool) -> Self {
        Self {
            cleartext: self.cleartext.clone(),
            secure: OnceLock::new(),
            config: self.config.clone().with_loopback(allowed),
        }
    }

    /// Returns the configuration.
    pub const fn config(&self) -> &HttpConfig {
        &self.config
    }

    /// Returns the client for this address.
    pub(crate) fn client(&self, address: &Url) -> Result<&Client, CallError> {
        self.reach().check_literal(address).map_err(no_call)?;
        match address.scheme() {
            "https" => self.secure().map_err(|error| no_call(error.without_url())),
            "http" if url_rules::is_loopback(address) => {
                if self.config.loopback {
                    Ok(&self.cleartext)
                } else {
                    Err(no_call(NoLoopback))
                }
            }
            _ => Err(no_call(NotSafe)),
        }
    }

    const fn reach(&self) -> Reach {
        if self.config.loopback {
            Reach::PublicAndLoopback
        } else {
            Reach::Public
        }
    }

    /// Returns the client for https. Until one could be built, each call tries again.
    fn secure(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let proxies = if self.config.environment_proxies {
            environment_proxies()
        } else {
            BTreeSet::new()
        };
        let resolver = GuardedResolver::new(self.reach(), proxies);
        let mut builder = builder(&self.config, resolver).https_only(true);
        if !self.config.environment_proxies {
            builder = builder.no_proxy();
        }
        let client = builder.build()?;
        Ok(self.secure.get_or_init(|| client))
    }
}

/// Returns the error for a call that cannot be sent until something on this machine is changed.
pub(crate) fn no_call(source: impl Into<Box<dyn StdError + Send + Sync>>) -> CallError {
    CallError::new(ProviderErrorKind::Connection, Effect::NotSent)
        .with_retry(RetryAdvice::Never)
        .with_source(source)
}

/// Returns the error for a name that resolves to refused addresses alone. The name may be mended where it
/// is administered, so the call is worth another try, but not at once.
pub(crate) fn refused_name(source: impl Into<Box<dyn StdError + Send + Sync>>) -> CallError {
    no_call(source).with_retry(RetryAdvice::After(NAME_PAUSE))
}

/// Credentials would go over the network in clear text.
#[derive(Debug, thiserror::Error)]
#[error("the address is neither https nor http to this machine")]
struct NotSafe;

/// A call to this machine that the configuration does not allow.
#[derive(Debug, thiserror::Error)]
#[error("the address is on this machine, which is not allowed; see `with_loopback`")]
struct NoLoopback;

fn builder(config: &HttpConfig, resolver: GuardedResolver) -> ClientBuilder {
    Client::builder()
        .dns_resolver(Arc::new(resolver))
        // A redirect would carry the credentials to another host.
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(config.connect_timeout)
        .timeout(config.request_timeout)
        .user_agent(&*config.user_agent)
}

impl fmt::Debug for HttpClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClients")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_machine_alone() {
        let clients = HttpClients::new(HttpConfig::new().with_loopback(true)).unwrap();
        let client = |url: &str| clients.client(&url.parse().unwrap());
        client("http://127.0.0.1:3001/pg").unwrap();
        client("http://[::1]/").unwrap();
        for elsewhere in [
            "http://gateway.example/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "file:///etc/hosts",
        ] {
            let error = client(elsewhere).unwrap_err();
            assert_eq!(error.effect, Effect::NotSent, "{elsewhere}");
            assert!(!error.repeatable, "{elsewhere}");
        }
    }

    #[test]
    fn this_machine_is_called_only_where_the_configuration_allows_it() {
        let off = HttpClients::new(HttpConfig::new()).unwrap();
        let on = off.with_loopback(true);
        for here in [
            "http://127.0.0.1:3001/pg",
            "http://[::1]/",
            "http://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
        ] {
            let here = here.parse().unwrap();
            let error = off.client(&here).unwrap_err();
            assert_eq!(error.effect, Effect::NotSent, "{here}");
            assert!(!error.repeatable, "{here}");
            on.client(&here).unwrap();
        }
        for inner in ["https://10.0.0.1/", "https://[::ffff:127.0.0.1]/"] {
            on.client(&inner.parse().unwrap()).unwrap_err();
        }
    }

    #[test]
    fn a_configuration_out_of_range_makes_no_clients() {
        let config = HttpConfig::new().with_user_agent("");
        let error = HttpClients::new(config).unwrap_err();
        assert_eq!(error.to_string(), "user_agent must be printable text");
    }
}
