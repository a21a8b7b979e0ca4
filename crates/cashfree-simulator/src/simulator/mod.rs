//! The in-process interface of the simulator.

mod controls;
mod links;
mod orders;
mod webhooks;

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use url::Url;

use crate::config::{ConfigError, SimulatorConfig};
use crate::merchant::Merchant;
use crate::shared::Shared;
use crate::shared::WebhookSender;
use crate::state::GatewayState;

const DEFAULT_PUBLIC_URL: &str = "http://127.0.0.1:3001";

/// A simulated gateway. Clones share one state.
///
/// Calls that cause webhooks must be made within a Tokio runtime; outside of one, their deliveries fail at once.
#[derive(Clone, Debug)]
pub struct Simulator {
    pub(crate) shared: Arc<Shared>,
}

impl Simulator {
    /// Creates a simulator. It is not served yet.
    pub fn new(config: SimulatorConfig) -> Result<Self, ConfigError> {
        let public_url = config.public_url.as_deref().map(public_base).transpose()?;
        let seed = match config.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(|_| ConfigError::Seed)?,
        };
        let merchants = if config.merchants.is_empty() {
            vec![Merchant::default()]
        } else {
            config.merchants
        };
        for (position, merchant) in merchants.iter().enumerate() {
            let mut earlier = merchants.iter().take(position);
            let unique = if earlier.any(|earlier| earlier.client_id == merchant.client_id) {
                Err(("client_id", "is configured twice"))
            } else {
                Ok(())
            };
            merchant
                .check()
                .and(unique)
                .map_err(|(field, problem)| ConfigError::Merchant {
                    client_id: merchant.client_id.clone(),
                    field,
                    problem,
                })?;
        }
        let fixed_public_url = public_url.is_some();
        let public_url = public_url.unwrap_or_else(|| DEFAULT_PUBLIC_URL.to_owned());
        let mut state = GatewayState::new(config.settings, merchants, public_url, seed);
        for endpoint in config.endpoints {
            state
                .add_endpoint(endpoint)
                .map_err(|error| ConfigError::Endpoint(error.message))?;
        }
        if let Some(chaos) = &state.settings.chaos {
            chaos.check().map_err(ConfigError::Chaos)?;
        }
        let sender =
            WebhookSender::new().map_err(|error| ConfigError::HttpClient(error.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                clock: config.clock,
                sender,
                changed: watch::Sender::new(()),
                fixed_public_url,
                expiry_interval: config.expiry_interval,
            }),
        })
    }
}

/// Parses the public URL and removes trailing slashes.
pub(crate) fn public_base(text: &str) -> Result<String, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::PublicUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.query().is_none()
        && url.fragment().is_none();
    if plain && url.host().is_some() {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(ConfigError::PublicUrl)
    }
}
