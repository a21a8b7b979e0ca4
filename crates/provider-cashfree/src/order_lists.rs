//! Lists that the gateway has only for each order.

use std::collections::BTreeMap;

use payment_provider_core::{Effect, ProviderErrorKind};

use crate::transport::CallError;
use crate::wire::Unreadable;

/// Maximum number of concurrent requests for one list.
pub(crate) const PARALLEL: usize = 4;

/// Converts the error of a request about an order that the gateway has named before. Not found does
/// not mean that the checkout does not exist.
pub(crate) fn of_known_order(mut error: CallError) -> CallError {
    if error.kind == ProviderErrorKind::NotFound {
        error.kind = ProviderErrorKind::Unavailable;
        error.effect = Effect::MaybeApplied;
    }
    error
}

/// Returns each object once. Two different objects of the same id are an error, which names what
/// should have been unique.
pub(crate) fn each_once<T: PartialEq, K: Ord>(
    all: impl Iterator<Item = T>,
    id: impl Fn(&T) -> K,
    unique: &'static str,
) -> Result<Vec<T>, CallError> {
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    let mut objects: Vec<T> = Vec::new();
    for object in all {
        let place = *places.entry(id(&object)).or_insert(objects.len());
        match objects.get(place) {
            None => objects.push(object),
            Some(known) if *known == object => {}
            Some(_) => return Err(CallError::unreadable(Unreadable(unique), None)),
        }
    }
    Ok(objects)
}
