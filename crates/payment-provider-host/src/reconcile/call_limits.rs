//! Limits of the fetches for deliveries, so that a gateway that hangs for one connection delays no other.
//!
//! A fetch that finds no room is not waited for: its delivery is postponed until room is expected. All
//! state is that of one process, and is lost with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payment_provider_core::{Environment, ProviderErrorKind, ProviderId};
use tokio::time::Instant;

use crate::timestamp::millis;

/// The number of fetches of one connection at a time.
const PER_CONNECTION: u32 = 4;
/// The number of fetches at one gateway at a time.
const PER_GATEWAY: u32 = 64;
/// The number of unanswered fetches in a row after which no more are made for a while.
const FAILURES_TO_OPEN: u32 = 5;
/// The first pause after that; it doubles with each further unanswered fetch.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_mins(1);
/// A gateway is paused if fetches of this many connections went unanswered within [`GATEWAY_WINDOW`].
const CONNECTIONS_TO_PAUSE: usize = 5;
const GATEWAY_WINDOW: Duration = Duration::from_mins(1);
const GATEWAY_PAUSE: Duration = Duration::from_secs(5);
/// The bounds of the wait for room.
const MIN_WAIT: Duration = Duration::from_millis(500);
const MAX_WAIT: Duration = Duration::from_mins(5);
/// The assumed duration of a fetch before the first one has ended.
const ASSUMED_DURATION: Duration = Duration::from_millis(500);
/// The number of connections whose state is kept although nothing runs for them.
const KEPT: usize = 4_096;

/// A gateway, as far as this host can tell gateways apart.
pub(super) type GatewayKey = (ProviderId, Environment);

/// The limits of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallLimits {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    connections: HashMap<i64, Connection>,
    gateways: HashMap<GatewayKey, Gateway>,
}

#[derive(Debug, Default)]
struct Connection {
    running: u32,
    /// Unanswered fetches in a row.
    failures: u32,
    /// No fetch is made before, in milliseconds since 1970.
    paused_until: i64,
    /// The time at which the next postponed delivery finds room.
    next_room: i64,
    /// The smoothed duration of a fetch, in milliseconds; 0 before the first one has ended.
    duration: i64,
}

#[derive(Debug, Default)]
struct Gateway {
    running: u32,
    paused_until: i64,
    /// Connections whose latest fetch went unanswered, with the time of that.
    unanswered: HashMap<i64, i64>,
}

/// The room for one fetch, or for waiting for the fetch of another caller. Dropping it gives the room
/// back, and says nothing about the gateway.
#[derive(Debug)]
pub(super) struct Permit {
    limits: CallLimits,
    connection_pk: i64,
    gateway: GatewayKey,
}

/// A fetch under way.
///
/// **Cancellation.** A call that is dropped without [`finish`](Self::finish) was given up without an
/// answer, for instance because the time limit of its attempt had passed. It counts as unanswered, like a
/// timeout.
#[derive(Debug)]
pub(super) struct Call<'p> {
    permit: &'p Permit,
    started_at: i64,
    started: Instant,
    is_finished: bool,
}

impl CallLimits {
    /// Takes the room for one fetch, or returns the wait until there may be room. `now` is in
    /// milliseconds since 1970.
    pub(super) fn try_acquire(
        &self,
        connection_pk: i64,
        gateway: &GatewayKey,
        now: i64,
    ) -> Result<Permit, Duration> {
        let mut state = self.lock();
        let State {
            connections,
            gateways,
        } = &mut *state;
        if connections.len() >= KEPT && !connections.contains_key(&connection_pk) {
            connections.retain(|_, one| one.running > 0 || one.paused_until > now);
        }
        let connection = connections.entry(connection_pk).or_default();
        let shared = gateways.entry(gateway.clone()).or_default();
        // After a pause a single fetch finds out if the gateway answers again.
        let most = if connection.failures >= FAILURES_TO_OPEN {
            1
        } else {
            PER_CONNECTION
        };
        let paused_until = connection.paused_until.max(shared.paused_until);
        if paused_until > now {
            return Err(connection.wait(paused_until, now));
        }
        if connection.running >= most || shared.running >= PER_GATEWAY {
            return Err(connection.wait(now, now));
        }
        connection.running += 1;
        shared.running += 1;
        Ok(Permit {
            limits: self.clone(),
            connection_pk,
            gateway: gateway.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Returns the wait of a delivery that finds no room now. Each one that waits is given a later
    /// time, by the duration of a fetch, so that not all of them come back at once.
    fn wait(&mut self, from: i64, now: i64) -> Duration {
        let duration = if self.duration == 0 {
            millis(ASSUMED_DURATION)
        } else {
            self.duration
        };
        let step = (duration / i64::from(PER_CONNECTION)).max(1);
        let latest = now.saturating_add(millis(MAX_WAIT));
        self.next_room = self.next_room.max(from).saturating_add(step).min(latest);
        let wait = u64::try_from(self.next_room.saturating_sub(now)).unwrap_or_default();
        Duration::from_millis(wait).clamp(MIN_WAIT, MAX_WAIT)
    }

    /// Pauses after too many unanswered fetches in a row.
    fn pause(&mut self, now: i64) {
        let Some(further) = self.failures.checked_sub(FAILURES_TO_OPEN) else {
            return;
        };
        let pause = FIRST_PAUSE.saturating_mul(1 << further.min(16));
        self.paused_until = now.saturating_add(millis(pause.min(MAX_PAUSE)));
    }
}

impl Permit {
    /// Begins a fetch. `now` is in milliseconds since 1970.
    pub(super) fn begin(&self, now: i64) -> Call<'_> {
        Call {
            permit: self,
            started_at: now,
            started: Instant::now(),
            is_finished: false,
        }
    }
}

impl Call<'_> {
    /// Records how the fetch ended: with the kind of the provider's error, or `None` for an answer. A
    /// fetch of which any part went unanswered is unanswered.
    pub(super) fn finish(mut self, error: Option<ProviderErrorKind>, now: i64) {
        self.is_finished = true;
        self.record(error, now);
    }

    fn record(&self, error: Option<ProviderErrorKind>, now: i64) {
        let unanswered = matches!(
            error,
            Some(
                ProviderErrorKind::Timeout
                    | ProviderErrorKind::Connection
                    | ProviderErrorKind::Unavailable
            )
        );
        let Permit {
            limits,
            connection_pk,
            gateway,
        } = self.permit;
        let mut state = limits.lock();
        let State {
            connections,
            gateways,
        } = &mut *state;
        if let Some(connection) = connections.get_mut(connection_pk) {
            let took = now.saturating_sub(self.started_at).max(1);
            connection.duration = match connection.duration {
                0 => took,
                known => (known * 7 + took) / 8,
            };
            if unanswered {
                connection.failures = connection.failures.saturating_add(1);
                connection.pause(now);
            } else {
                connection.failures = 0;
                connection.paused_until = 0;
            }
        }
        if let Some(gateway) = gateways.get_mut(gateway) {
            if unanswered && error != Some(ProviderErrorKind::Unavailable) {
                gateway.record_unanswered(*connection_pk, now);
            } else {
                gateway.unanswered.remove(connection_pk);
            }
        }
    }
}

impl Gateway {
    fn record_unanswered(&mut self, connection_pk: i64, now: i64) {
        let since = now.saturating_sub(millis(GATEWAY_WINDOW));
        self.unanswered.retain(|_, at| *at > since);
        self.unanswered.insert(connection_pk, now);
        if self.unanswered.len() >= CONNECTIONS_TO_PAUSE {
            self.paused_until = now.saturating_add(millis(GATEWAY_PAUSE));
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            let passed = millis(self.started.elapsed());
            let now = self.started_at.saturating_add(passed);
            self.record(Some(ProviderErrorKind::Timeout), now);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.limits.lock();
        if let Some(connection) = state.connections.get_mut(&self.connection_pk) {
            connection.running = connection.running.saturating_sub(1);
        }
        if let Some(gateway) = state.gateways.get_mut(&self.gateway) {
            gateway.running = gateway.running.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway() -> GatewayKey {
        (ProviderId::new("acme").unwrap(), Environment::Sandbox)
    }

    const TIMEOUT: Option<ProviderErrorKind> = Some(ProviderErrorKind::Timeout);

    #[test]
    fn four_fetches_of_a_connection_run_and_the_next_ones_come_back_one_after_another() {
        let limits = CallLimits::default();
        let mut running: Vec<Permit> = (0..4)
            .map(|_| limits.try_acquire(1, &gateway(), 0).unwrap())
            .collect();
        let waits: Vec<u128> = (0..100)
            .map(|_| {
                limits
                    .try_acquire(1, &gateway(), 0)
                    .unwrap_err()
                    .as_millis()
            })
            .collect();
        assert!(
            waits.is_sorted() && waits[0] == 500 && waits[99] == 12_500,
            "{waits:?}"
        );
        assert!(
            limits.try_acquire(2, &gateway(), 0).is_ok(),
            "another has room"
        );
        running.pop().unwrap().begin(0).finish(None, 100);
        assert!(limits.try_acquire(1, &gateway(), 100).is_ok());
    }

    #[test]
    fn a_connection_that_is_not_answered_is_paused_and_then_tried_once() {
        let limits = CallLimits::default();
        for _ in 0..5 {
            let permit = limits.try_acquire(1, &gateway(), 0).unwrap();
            permit.begin(0).finish(TIMEOUT, 30_000);
        }
        assert!(limits.try_acquire(1, &gateway(), 30_999).is_err());
        let probe = limits.try_acquire(1, &gateway(), 31_000).unwrap();
        assert!(
            limits.try_acquire(1, &gateway(), 31_000).is_err(),
            "one at a time"
        );
        probe.begin(31_000).finish(TIMEOUT, 32_000);
        drop(probe);
        assert!(
            limits.try_acquire(1, &gateway(), 33_999).is_err(),
            "paused for longer"
        );
        let probe = limits.try_acquire(1, &gateway(), 34_000).unwrap();
        probe.begin(34_000).finish(None, 34_100);
        drop(probe);
        let room: Vec<_> = (0..4)
            .map(|_| limits.try_acquire(1, &gateway(), 34_100))
            .collect();
        assert!(room.iter().all(Result::is_ok));
    }

    #[test]
    fn a_call_that_is_given_up_without_an_answer_counts_as_unanswered() {
        let limits = CallLimits::default();
        for _ in 0..5 {
            let permit = limits.try_acquire(1, &gateway(), 0).unwrap();
            drop(permit.begin(30_000));
        }
        assert!(limits.try_acquire(1, &gateway(), 30_500).is_err());
        assert!(limits.try_acquire(1, &gateway(), 60_000).is_ok());
    }

    #[test]
    fn room_that_was_only_waited_in_says_nothing_about_the_gateway() {
        let limits = CallLimits::default();
        for _ in 0..4 {
            let permit = limits.try_acquire(1, &gateway(), 0).unwrap();
            permit.begin(0).finish(TIMEOUT, 1);
        }
        drop(limits.try_acquire(1, &gateway(), 1).unwrap());
        assert_eq!(limits.lock().connections[&1].failures, 4);
        assert_eq!(limits.lock().connections[&1].running, 0);
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let limits = CallLimits::default();
        for _ in 0..20 {
            let permit = limits.try_acquire(1, &gateway(), 0).unwrap();
            permit.begin(0).finish(Some(ProviderErrorKind::NotFound), 1);
        }
        assert!(limits.try_acquire(1, &gateway(), 1).is_ok());
    }

    #[test]
    fn a_gateway_is_paused_only_after_five_connections_got_no_answer() {
        let limits = CallLimits::default();
        for connection in 1..=5 {
            assert!(limits.try_acquire(9, &gateway(), 0).is_ok(), "{connection}");
            let permit = limits.try_acquire(connection, &gateway(), 0).unwrap();
            permit.begin(0).finish(TIMEOUT, 1_000);
        }
        assert!(limits.try_acquire(9, &gateway(), 5_999).is_err());
        let live = (gateway().0, Environment::Production);
        assert!(
            limits.try_acquire(9, &live, 5_999).is_ok(),
            "another gateway"
        );
        assert!(limits.try_acquire(9, &gateway(), 6_000).is_ok());
    }

    #[test]
    fn a_gateway_has_at_most_64_fetches() {
        let limits = CallLimits::default();
        let running: Vec<_> = (0..100)
            .filter_map(|connection| limits.try_acquire(connection, &gateway(), 0).ok())
            .collect();
        assert_eq!(running.len(), 64);
        drop(running);
        assert!(limits.try_acquire(500, &gateway(), 0).is_ok());
    }

    #[test]
    fn connections_without_a_fetch_are_forgotten_beyond_the_limit() {
        let limits = CallLimits::default();
        for connection in 0..10_000 {
            let permit = limits.try_acquire(connection, &gateway(), 0).unwrap();
            permit.begin(0).finish(None, 1);
        }
        assert!(limits.lock().connections.len() <= KEPT);
    }
}
