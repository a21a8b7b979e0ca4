//! State that a provider must not keep. The correct providers do not use it; some mutants do.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use payment_provider_core::Checkout;
use payment_provider_core::reexport::secrecy::SecretString;

/// State of a factory, shared by all its connections.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) last_credentials: Mutex<Option<(String, SecretString)>>,
    pub(super) all_secrets: Mutex<HashMap<String, Vec<SecretString>>>,
    pub(super) checkouts: Mutex<HashMap<String, Checkout>>,
    pub(super) connections: AtomicUsize,
}

/// State of one connection.
#[derive(Default)]
pub(super) struct ConnectionState {
    pub(super) locked: Mutex<HashSet<String>>,
    pub(super) prepared: Mutex<HashSet<String>>,
    pub(super) seen: Mutex<HashSet<String>>,
    pub(super) under_way: AtomicUsize,
    pub(super) calls: AtomicUsize,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
