//! What a provider must not remember. The specimen never looks here; some mutants live by it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use payment_provider_core::Checkout;
use payment_provider_core::reexport::secrecy::SecretString;

/// Of a factory, for all its connections.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) last_credentials: Mutex<Option<(String, SecretString)>>,
    pub(super) secrets_ever: Mutex<HashMap<String, Vec<SecretString>>>,
    pub(super) checkouts: Mutex<HashMap<String, Checkout>>,
    pub(super) connections: AtomicUsize,
}

/// Of one connection.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) locked: Mutex<HashSet<String>>,
    pub(super) prepared: Mutex<HashSet<String>>,
    pub(super) seen: Mutex<HashSet<String>>,
    pub(super) under_way: AtomicUsize,
    pub(super) calls: AtomicUsize,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
