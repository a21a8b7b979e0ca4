//! The seeded merchant account: that of the simulator, or one whose credentials come from environment
//! variables.

use std::env;

use payment_provider_core::{ConnectionSettings, Environment};
use secrecy::SecretString;

use crate::options::{Credentials, GatewayTarget};

/// Id of the gateway that the simulator simulates.
pub(crate) const PROVIDER: &str = "cashfree";

const CLIENT_ID: &str = "CASHFREE_CLIENT_ID";
const CLIENT_SECRET: &str = "CASHFREE_CLIENT_SECRET";

/// Help text for the environment variables.
pub(crate) const ENVIRONMENT: &str = "\
Environment:
  BILLING_HOST_API_KEY    token of the API; random if not set
  BILLING_HOST_DATABASE   like --database, but not visible in the list of processes
  CASHFREE_CLIENT_ID      merchant account for --gateway sandbox and production
  CASHFREE_CLIENT_SECRET  its secret
  RUST_LOG                log filter";

/// Error text for a gateway without credentials.
pub(crate) const NO_CREDENTIALS: &str = "\
set CASHFREE_CLIENT_ID and CASHFREE_CLIENT_SECRET, or start without a connection: --seed none";

/// Reads the credentials from the environment.
pub(crate) fn credentials() -> Option<Credentials> {
    let client_id = env::var(CLIENT_ID).ok()?;
    let client_secret = env::var(CLIENT_SECRET).ok().map(SecretString::from)?;
    Some(Credentials {
        client_id,
        client_secret,
    })
}

/// Code, name and settings of the connection to seed.
pub(crate) struct SeedConnection {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) settings: ConnectionSettings,
}

/// Returns the connection to seed, or `None` if its credentials are missing. Each target has a different
/// code, so that one database can be used with several targets.
pub(crate) fn seed_connection(
    gateway: &GatewayTarget,
    simulator_url: Option<&str>,
) -> Option<SeedConnection> {
    let settings = ConnectionSettings::new();
    Some(match gateway {
        GatewayTarget::EmbeddedSimulator(_) | GatewayTarget::ExternalSimulator(_) => {
            SeedConnection {
                code: "simulator",
                name: "Cashfree simulator",
                settings: settings
                    .with("client_id", cashfree_simulator::DEFAULT_CLIENT_ID)
                    .with("client_secret", cashfree_simulator::DEFAULT_CLIENT_SECRET)
                    .with("environment", "sandbox")
                    .with(
                        "base_url",
                        format!("{}/pg", simulator_url.unwrap_or_default()),
                    ),
            }
        }
        GatewayTarget::Live {
            environment,
            credentials,
        } => {
            let Credentials {
                client_id,
                client_secret,
            } = credentials.as_ref()?;
            let (code, name) = match environment {
                Environment::Sandbox => ("sandbox", "Cashfree sandbox"),
                Environment::Production => ("production", "Cashfree"),
            };
            let settings = settings
                .with("client_id", client_id.as_str())
                .with("client_secret", client_secret.clone())
                .with("environment", environment.as_str());
            SeedConnection {
                code,
                name,
                settings,
            }
        }
    })
}
