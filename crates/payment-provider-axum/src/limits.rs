use std::time::Duration;

/// The most connections of [`Limits::default`], however many descriptors the process may open.
const MOST_CONNECTIONS: usize = 4096;

/// The descriptors that [`Limits::default`] leaves to the database, to calls of gateways and to files, at
/// least.
const RESERVED_DESCRIPTORS: usize = 64;

/// The limits of [`serve_routes`](crate::serve_routes): the patience with a peer, and the number of
/// connections.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// let mut limits = payment_provider_axum::Limits::default();
/// limits.idle = Duration::from_secs(20);
/// assert!(limits.connections > 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time from the first byte of a request, or from the opening of a connection, to the end of
    /// the request's header. 10 seconds.
    pub header: Duration,
    /// The time that a connection is kept open between two requests. 60 seconds.
    ///
    /// A peer that sends some of a request before the earlier one is answered has the time of
    /// [`header`](Self::header) instead, from the end of the answer, for this and for later requests.
    ///
    /// Behind a proxy that keeps its connections, set a longer time than the proxy does: a request that it
    /// sends at the moment of the closing is lost.
    pub idle: Duration,
    /// The time in which a peer must send some of the body that is waited for, or take some of the
    /// response. 30 seconds.
    pub stall: Duration,
    /// The time for which the body of one request is waited for in all. 10 minutes. The time in which a
    /// handler does something else does not count.
    ///
    /// The webhook route has a limit of its own: 10 seconds, and 1 KiB a second after the first three.
    pub body: Duration,
    /// The time for the requests under way when the server ends. After it their connections are closed.
    /// 20 seconds.
    pub shutdown: Duration,
    /// The number of connections that are open at once, at least 1. When one more comes, the one that
    /// has waited longest for its request, or for its peer to take a response, is closed.
    ///
    /// Three quarters of the descriptors that the process may open, at most 4 096.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            stall: Duration::from_secs(30),
            body: Duration::from_mins(10),
            shutdown: Duration::from_secs(20),
            connections: connections(descriptors()),
        }
    }
}

/// The number of connections of a process that may open this many descriptors.
fn connections(descriptors: Option<u64>) -> usize {
    let Some(descriptors) = descriptors.and_then(|most| usize::try_from(most).ok()) else {
        return MOST_CONNECTIONS;
    };
    let reserved = (descriptors / 4).max(RESERVED_DESCRIPTORS);
    descriptors
        .saturating_sub(reserved)
        .clamp(1, MOST_CONNECTIONS)
}

/// The number of descriptors that this process may open. `None` means any number.
#[cfg(unix)]
fn descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn descriptors() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_database_and_to_gateways() {
        assert_eq!(connections(Some(1_024)), 768);
        assert_eq!(connections(Some(100)), 36);
        assert_eq!(connections(Some(10)), 1);
        assert_eq!(connections(Some(1 << 20)), MOST_CONNECTIONS);
        assert_eq!(connections(None), MOST_CONNECTIONS);
    }

    #[cfg(unix)]
    #[test]
    fn the_default_follows_the_limit_of_the_process() {
        let most = descriptors().map_or(MOST_CONNECTIONS, |most| usize::try_from(most).unwrap());
        assert!(Limits::default().connections < most.max(2));
    }
}
