use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{ProviderFactory, ProviderId};

/// The gateways that a host offers, by id. A value that is filled at startup; there is no global
/// registry.
///
/// ```text
/// let mut registry = ProviderRegistry::new();
/// registry.register(OneFactory::new()?)?;
/// registry.register(AnotherFactory::default())?;
/// ```
///
/// # Examples
/// ```
/// use payment_provider_core::{ProviderId, ProviderRegistry};
///
/// /// Returns the names of the gateways that a form offers.
/// fn names(registry: &ProviderRegistry) -> Vec<&str> {
///     registry.iter().map(|it| it.descriptor().display_name.as_str()).collect()
/// }
/// let registry = ProviderRegistry::new();
/// assert!(names(&registry).is_empty());
/// assert!(registry.get(&ProviderId::new("examplepay")?).is_err());
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ProviderRegistry {
    factories: BTreeMap<ProviderId, Arc<dyn ProviderFactory>>,
}

impl ProviderRegistry {
    /// Creates an empty registry.
    pub const fn new() -> Self {
        Self {
            factories: BTreeMap::new(),
        }
    }

    /// Adds a gateway under the id of its descriptor.
    ///
    /// # Errors
    /// Returns an error if the id is taken; the registry is unchanged.
    pub fn register(&mut self, factory: impl ProviderFactory) -> Result<(), RegisterError> {
        let id = factory.descriptor().id.clone();
        if self.factories.contains_key(&id) {
            return Err(RegisterError { id });
        }
        self.factories.insert(id, Arc::new(factory));
        Ok(())
    }

    /// Returns the gateway with this id.
    ///
    /// # Errors
    /// Returns an error if no such gateway is registered; the error lists the registered ones.
    pub fn get(&self, id: &ProviderId) -> Result<&Arc<dyn ProviderFactory>, UnknownProvider> {
        self.factories.get(id).ok_or_else(|| UnknownProvider {
            id: id.clone(),
            known: self.factories.keys().cloned().collect(),
        })
    }

    /// Returns an iterator over all gateways, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn ProviderFactory>> {
        self.factories.values()
    }
}

/// An error that reports a second provider with an id that is already registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a provider with id `{id}` is already registered")]
#[non_exhaustive]
pub struct RegisterError {
    /// The duplicate id.
    pub id: ProviderId,
}

/// An error that reports an id that is not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no provider `{id}`; {}", list(known))]
#[non_exhaustive]
pub struct UnknownProvider {
    /// The requested id.
    pub id: ProviderId,
    /// The registered ids.
    pub known: Vec<ProviderId>,
}

fn list(known: &[ProviderId]) -> String {
    if known.is_empty() {
        return "none is registered".to_owned();
    }
    let names: Vec<_> = known.iter().map(ProviderId::as_str).collect();
    format!("known: {}", names.join(", "))
}
