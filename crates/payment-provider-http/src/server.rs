use url::Url;

/// Host and port that a request goes to, as telemetry names them.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) port: u16,
}

impl Server {
    /// Returns the server that this address names.
    pub(crate) fn of(url: &Url) -> Self {
        Self {
            address: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }
}
