//! HTTP clients for webhooks.

use std::sync::OnceLock;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use url::Url;

/// Two clients: one for plain http, which trusts no certificate, and one for https, which trusts the machine's CA
/// certificates. The second one is built on first use, so that the simulator also runs on a machine without
/// certificates.
#[derive(Debug)]
pub(super) struct HttpClients {
    cleartext: Client,
    secure: OnceLock<Client>,
}

impl HttpClients {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            cleartext: builder().tls_certs_only([]).build()?,
            secure: OnceLock::new(),
        })
    }

    /// Returns the client for an address, or the reason why there is none.
    pub(super) fn client(&self, address: &Url) -> Result<&Client, &'static str> {
        if address.scheme() == "http" {
            return Ok(&self.cleartext);
        }
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let client = builder()
            .https_only(true)
            .build()
            .map_err(|_| "https cannot be used: this machine has no CA certificates")?;
        Ok(self.secure.get_or_init(|| client))
    }
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy()
}
