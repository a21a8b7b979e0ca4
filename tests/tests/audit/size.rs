//! The size of a run.

/// The size of a run, and the seed of all its choices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) seed: u64,
    pub(crate) processes: usize,
    pub(crate) invoices: usize,
    /// The number of processes killed.
    pub(crate) kills: usize,
    /// The number of processes stopped for longer than a lease.
    pub(crate) stops: usize,
}

impl Size {
    /// Returns the size that the environment sets; otherwise that of a run with all tests.
    pub(crate) fn of_this_run(processes: usize) -> Self {
        Self {
            seed: setting("AUDIT_SEED", 1),
            processes,
            invoices: setting("AUDIT_INVOICES", 24),
            kills: setting("AUDIT_KILLS", 5),
            stops: setting("AUDIT_STOPS", 2),
        }
    }
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let Ok(text) = std::env::var(name) else {
        return default;
    };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} is not a number"))
}
