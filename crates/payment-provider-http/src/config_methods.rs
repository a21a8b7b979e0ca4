/// Implements the methods by which the configuration of a provider sets its [`HttpConfig`](crate::HttpConfig),
/// so that all providers have them under the same names and with the same documentation: timeouts, retries,
/// proxies, and the hosts that may be called.
///
/// It is used within an `impl` block of a type that has the configuration as a field. `type` is the path of
/// that type for the examples, and `gateway` the name of the gateway for the text.
///
/// ```
/// use payment_provider_http::HttpConfig;
///
/// /// Configuration shared by all connections of one factory.
/// #[derive(Debug, Clone, Default)]
/// pub struct AcmeConfig {
///     http: HttpConfig,
/// }
///
/// impl AcmeConfig {
///     payment_provider_http::http_config_methods! {
///         field: http,
///         type: "provider_acme::AcmeConfig",
///         gateway: "Acme Pay",
///     }
/// }
///
/// let config = AcmeConfig::default().with_allowed_hosts(["relay.example"]).with_loopback(true);
/// config.http.check().unwrap();
/// ```
///
/// It is a macro, and no trait with default methods, since a host should call these methods without a trait
/// in scope.
#[macro_export]
macro_rules! http_config_methods {
    (field: $field:ident, type: $type:literal, gateway: $gateway:literal $(,)?) => {
        /// Sets the time limit for establishing a connection. Default: 5 seconds.
        pub fn with_connect_timeout(mut self, timeout: ::std::time::Duration) -> Self {
            self.$field = self.$field.with_connect_timeout(timeout);
            self
        }

        /// Sets the time limit for one request, up to the last byte of the response. Default: 10
        /// seconds.
        pub fn with_request_timeout(mut self, timeout: ::std::time::Duration) -> Self {
            self.$field = self.$field.with_request_timeout(timeout);
            self
        }

        /// Sets the time limit for one operation, including all its requests and pauses. Default: 30
        /// seconds.
        pub fn with_operation_deadline(mut self, deadline: ::std::time::Duration) -> Self {
            self.$field = self.$field.with_operation_deadline(deadline);
            self
        }

        /// Sets how often a request is repeated and how long to pause before each repetition. Only
        /// requests that are safe to repeat are repeated.
        pub fn with_retry(mut self, retry: $crate::RetryTuning) -> Self {
            self.$field = self.$field.with_retry(retry);
            self
        }

        /// Uses the proxies named in the process environment (`HTTPS_PROXY` and the like) for calls to
        /// the gateway if `used` is true. Default: false. Calls to the loopback address never go
        /// through a proxy.
        pub fn with_environment_proxies(mut self, used: bool) -> Self {
            self.$field = self.$field.with_environment_proxies(used);
            self
        }

        /// Allows connections whose gateway address is on this machine, such as a simulator's. Default:
        /// false, so that no setting of a connection directs a call to a service beside the host.
        pub fn with_loopback(mut self, allowed: bool) -> Self {
            self.$field = self.$field.with_loopback(allowed);
            self
        }

        /// Allows further hosts in the setting `base_url`, such as a relay of the operator, in addition to
        #[doc = ::core::concat!("the own hosts of ", $gateway, ". Each has to resolve to a public address.")]
        /// A secret is only sent to an allowed host.
        ///
        /// An entry is a name or an IP address. One with a scheme, a path, a port or a wildcard is refused
        /// when the factory is created. A host is allowed at every port.
        ///
        /// # Examples
        /// ```
        #[doc = ::core::concat!("let config = ", $type, "::new().with_allowed_hosts([\"relay.example\"]);")]
        /// # let _ = config;
        /// ```
        pub fn with_allowed_hosts<H: ::core::convert::Into<::std::string::String>>(
            mut self,
            hosts: impl ::core::iter::IntoIterator<Item = H>,
        ) -> Self {
            self.$field = self.$field.with_allowed_hosts(hosts);
            self
        }
    };
}
