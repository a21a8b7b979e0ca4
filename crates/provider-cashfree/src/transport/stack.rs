use std::error::Error as StdError;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use payment_provider_core::{Effect, ErrorKind, RetryAdvice};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use url::Url;

use super::fault::Fault;
use crate::config::CashfreeConfig;

/// The HTTP clients that all connections share. They hold no credentials and no cookies.
///
/// There are two: one for https, whose trust comes from the machine's CA certificates, and one for
/// plain http to this machine, which trusts no certificate at all. The first cannot be built where
/// there are no CA certificates; that must not keep a simulator on the same machine from being
/// reached.
pub(crate) struct HttpStack {
    cleartext: Client,
    secure: OnceLock<Client>,
    connect_timeout: Duration,
    request_timeout: Duration,
    environment_proxies: bool,
}

impl HttpStack {
    pub(crate) fn new(config: &CashfreeConfig) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let builder = builder(config.connect_timeout, config.request_timeout);
        let cleartext = builder.no_proxy().tls_certs_only([]).build()?;
        let stack = Self {
            cleartext,
            secure: OnceLock::new(),
            connect_timeout: config.connect_timeout,
            request_timeout: config.request_timeout,
            environment_proxies: config.environment_proxies,
        };
        // Reading certificates takes milliseconds and belongs to startup. If there are none now,
        // the first call over https tries again.
        let _ = stack.secure();
        Ok(stack)
    }

    /// The client for this address.
    pub(crate) fn client(&self, address: &Url) -> Result<&Client, Fault> {
        if address.scheme() == "http" {
            return Ok(&self.cleartext);
        }
        self.secure().map_err(|error| {
            Fault::new(ErrorKind::Connection, Effect::NotSent)
                .with_retry(RetryAdvice::Never)
                .with_source(error.without_url())
        })
    }

    fn secure(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let mut builder = builder(self.connect_timeout, self.request_timeout).https_only(true);
        if !self.environment_proxies {
            builder = builder.no_proxy();
        }
        let client = builder.build()?;
        Ok(self.secure.get_or_init(|| client))
    }
}

fn builder(connect_timeout: Duration, request_timeout: Duration) -> ClientBuilder {
    Client::builder()
        // A redirect would carry the credentials to another host.
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(connect_timeout)
        .timeout(request_timeout)
        .user_agent(concat!("provider-cashfree/", env!("CARGO_PKG_VERSION")))
}

impl fmt::Debug for HttpStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpStack").finish_non_exhaustive()
    }
}
