//! The phase of one connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arrivals::Arrivals;
use super::registry::{Registry, Turn};
use crate::limits::Limits;

/// The phase of a connection. In the first three the server waits for the peer, and may close the
/// connection for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between two requests.
    Idle,
    /// The header of a request is not there yet. A new connection begins here.
    Header,
    /// A handler waits for the rest of its request's body.
    Body,
    /// A handler runs, or its response is being sent. While the peer takes nothing of the response, the
    /// connection may be closed for a new one as well.
    Running,
}

/// The phase of one connection, in the [`Registry`] until its [`Membership`] ends.
#[derive(Debug)]
pub(super) struct Tracker {
    registry: Arc<Registry>,
    closed: CancellationToken,
    own: Mutex<Own>,
}

#[derive(Debug)]
struct Own {
    phase: Phase,
    /// The turn of the present request, or of the wait for it.
    turn: Turn,
    /// The beginning of the phase.
    since: Instant,
    arrivals: Arrivals,
    /// The time for which the body of the present request was waited for, before the phase.
    waited: Duration,
    /// True once the handler has returned the present response; its body may go on.
    responding: bool,
    /// True once the present response is complete, though it may not be sent yet.
    responded: bool,
    /// The time since which the peer takes nothing of the response.
    blocked_since: Option<Instant>,
}

/// The place of an open connection in the [`Registry`]. A handler may keep a request's body, and with it
/// the tracker, longer than the connection is open; this value ends with the connection.
#[derive(Debug)]
pub(super) struct Membership(pub(super) Arc<Tracker>);

impl Drop for Membership {
    fn drop(&mut self) {
        let turn = self.0.own().turn;
        self.0.registry.remove(turn, &self.0.closed);
    }
}

impl Tracker {
    /// Adds a connection to a registry. It waits for its first request.
    pub(super) fn open(registry: &Arc<Registry>) -> Membership {
        let closed = CancellationToken::new();
        let turn = registry.add(&closed);
        Membership(Arc::new(Self {
            registry: Arc::clone(registry),
            closed,
            own: Mutex::new(Own {
                phase: Phase::Header,
                turn,
                since: Instant::now(),
                arrivals: Arrivals::default(),
                waited: Duration::ZERO,
                responding: false,
                responded: false,
                blocked_since: None,
            }),
        }))
    }

    /// The token that is cancelled when the connection is closed for another, or has ended.
    pub(super) const fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    /// Records that bytes arrived.
    pub(super) fn received(&self, bytes: &[u8]) {
        let mut own = self.own();
        own.arrivals.add(bytes);
        if own.phase == Phase::Idle && self.registry.end_waiting(own.turn, &self.closed) {
            own.turn = self.registry.next_turn();
            self.wait(&mut own, Phase::Header);
        }
    }

    /// Records that the header of a request is complete, and the length of its body if it is announced.
    /// Returns false if the connection is closed: then no handler may begin.
    pub(super) fn begin_request(&self, length: Option<u64>) -> bool {
        let mut own = self.own();
        (own.responding, own.responded) = (false, false);
        own.waited = Duration::ZERO;
        own.arrivals.begin(length);
        self.run(&mut own)
    }

    /// Records that a handler waits for the rest of a body.
    pub(super) fn wait_for_body(&self) {
        let mut own = self.own();
        if own.phase == Phase::Running {
            self.wait(&mut own, Phase::Body);
        }
    }

    /// Records that a handler does not wait for a body any more. Returns false if the connection is
    /// closed: then the handler gets no more of the body.
    pub(super) fn end_body_wait(&self) -> bool {
        let mut own = self.own();
        if own.phase != Phase::Body {
            return true;
        }
        own.waited = own.waited.saturating_add(own.since.elapsed());
        self.run(&mut own)
    }

    /// Records that the handler has returned its response.
    pub(super) fn begin_response(&self) {
        let mut own = self.own();
        own.responding = true;
        if own.phase == Phase::Running && own.blocked_since.is_some() {
            self.registry.begin_waiting(own.turn, &self.closed);
        }
    }

    /// Records that the response is complete.
    pub(super) fn responded(&self) {
        self.own().responded = true;
    }

    /// Records that everything written is sent. After a complete response the connection is idle, unless
    /// its peer has sent some of the next request already.
    pub(super) fn sent(&self) {
        let mut own = self.own();
        self.unblock(&mut own);
        if own.phase == Phase::Running && own.responded {
            own.turn = self.registry.next_turn();
            let next = if own.arrivals.end() {
                Phase::Header
            } else {
                Phase::Idle
            };
            self.wait(&mut own, next);
        }
    }

    /// Records that the peer took some of the response, or that it takes nothing now.
    pub(super) fn taken(&self, some: bool) {
        let mut own = self.own();
        if some {
            self.unblock(&mut own);
        } else if own.blocked_since.is_none() {
            own.blocked_since = Some(Instant::now());
            if own.phase == Phase::Running {
                own.turn = self.registry.next_turn();
                if own.responding {
                    self.registry.begin_waiting(own.turn, &self.closed);
                }
            }
        }
    }

    /// Records that the peer is not waited for to take something.
    fn unblock(&self, own: &mut Own) {
        if own.blocked_since.take().is_some() && own.phase == Phase::Running {
            self.registry.end_waiting(own.turn, &self.closed);
        }
    }

    /// Returns the time at which the patience with the peer ends.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let own = self.own();
        let patience = match own.phase {
            Phase::Idle => Some(limits.idle),
            Phase::Header => Some(limits.header),
            Phase::Body => Some(limits.stall.min(limits.body.saturating_sub(own.waited))),
            Phase::Running => None,
        };
        let ends = [
            patience.and_then(|patience| own.since.checked_add(patience)),
            own.blocked_since
                .and_then(|since| since.checked_add(limits.stall)),
        ];
        ends.into_iter().flatten().min()
    }

    fn wait(&self, own: &mut Own, phase: Phase) {
        (own.phase, own.since) = (phase, Instant::now());
        // A connection that is closed already goes away with its next step.
        self.registry.begin_waiting(own.turn, &self.closed);
    }

    fn run(&self, own: &mut Own) -> bool {
        let open = self.registry.end_waiting(own.turn, &self.closed);
        if open {
            (own.phase, own.since) = (Phase::Running, Instant::now());
        }
        open
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
