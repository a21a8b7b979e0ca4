//! The merchant account of the demonstration: at a simulator in most cases, or one's own, whose keys
//! come from the environment of the process.

use std::env;

use payment_provider_core::{ConnectionSettings, Environment};
use secrecy::SecretString;

use crate::options::{Credentials, GatewayTarget};

/// The gateway that the simulator is one of.
pub(crate) const PROVIDER: &str = "cashfree";

const CLIENT_ID: &str = "CASHFREE_CLIENT_ID";
const CLIENT_SECRET: &str = "CASHFREE_CLIENT_SECRET";

/// What of the environment the command line takes into account.
pub(crate) const ENVIRONMENT: &str = "\
Environment:
  BILLING_HOST_API_KEY    token of the API; a random one unless set
  BILLING_HOST_DATABASE   like --database, and shown to nobody who lists processes
  CASHFREE_CLIENT_ID      merchant account for --gateway sandbox and production
  CASHFREE_CLIENT_SECRET  its secret
  RUST_LOG                what is logged";

/// What to do where the environment names no account.
pub(crate) const NO_CREDENTIALS: &str = "\
set CASHFREE_CLIENT_ID and CASHFREE_CLIENT_SECRET, or start without a connection: --seed none";

/// The account that the environment names.
pub(crate) fn credentials() -> Option<Credentials> {
    let client_id = env::var(CLIENT_ID).ok()?;
    let client_secret = env::var(CLIENT_SECRET).ok().map(SecretString::from)?;
    Some(Credentials {
        client_id,
        client_secret,
    })
}

/// A connection to be planted.
pub(crate) struct Account {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) settings: ConnectionSettings,
}

/// The account that is connected at the start; `None` if its keys are not known. Each gateway has a
/// code of its own, so that one database can be used with several.
pub(crate) fn account(gateway: &GatewayTarget, simulator_url: Option<&str>) -> Option<Account> {
    let settings = ConnectionSettings::new();
    Some(match gateway {
        GatewayTarget::EmbeddedSimulator(_) | GatewayTarget::ExternalSimulator(_) => Account {
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
        },
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
            Account {
                code,
                name,
                settings,
            }
        }
    })
}
