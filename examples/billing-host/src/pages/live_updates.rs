//! Live updates of open pages: server-sent events, each with a region of the page as HTML.
//!
//! The data is polled and a region is sent when its HTML differs from the one sent before. Polling also
//! shows the changes that other processes make on the same database.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use payment_provider_host::Host;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::session::Session;
use crate::session_table;
use crate::state::App;

/// Interval between two reads of the data.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// HTML of the regions that can change, by region name.
pub(super) type Regions = Vec<(&'static str, String)>;

/// Most open streams at the same time. Each holds a connection and polls the database.
pub(crate) const MAX_STREAMS: usize = 200;

/// Streams that are reserved for signed-in visitors.
const RESERVED_FOR_SESSIONS: usize = MAX_STREAMS / 2;

/// Name of the event that ends a stream because nothing can change any more.
pub(super) const DONE: &str = "done";

/// Streams changed regions until the application stops, the session ends, or `read` returns `None`.
///
/// Responds 503 with `Retry-After` if too many streams are open.
pub(super) fn stream<R, F>(app: &App, session: Option<Session>, read: R) -> Response
where
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<Regions>> + Send,
{
    let reserved = if session.is_some() {
        0
    } else {
        RESERVED_FOR_SESSIONS
    };
    let permit = if app.streams.available_permits() > reserved {
        Arc::clone(&app.streams).try_acquire_owned().ok()
    } else {
        None
    };
    let Some(permit) = permit else {
        let retry_after = [(header::RETRY_AFTER, "30")];
        return (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response();
    };
    let host = app.host.clone();
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = stream::unfold(
        (ticks, HashMap::new(), read, (host, session), permit),
        |(mut ticks, mut sent, read, visitor, permit)| async move {
            if sent.contains_key(DONE) {
                return None;
            }
            let changed = next_changes(&mut ticks, &mut sent, &read, &visitor).await?;
            Some((stream::iter(changed), (ticks, sent, read, visitor, permit)))
        },
    )
    .flatten()
    .map(Ok::<_, Infallible>)
    .take_until(app.stop.clone().cancelled_owned());
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    let events = Sse::new(events).keep_alive(KeepAlive::default());
    (no_store, events).into_response()
}

/// Polls until a region changed and returns the changed regions.
async fn next_changes<R, F>(
    ticks: &mut Interval,
    sent: &mut HashMap<&'static str, String>,
    read: &R,
    (host, session): &(Host, Option<Session>),
) -> Option<Vec<Event>>
where
    R: Fn() -> F,
    F: Future<Output = Option<Regions>>,
{
    loop {
        ticks.tick().await;
        if let Some(session) = session
            && !session_table::is_current(host, session).await.ok()?
        {
            return None;
        }
        let mut changed = Vec::new();
        for (name, html) in read().await? {
            if sent.get(name) != Some(&html) {
                changed.push(Event::default().event(name).data(&html));
                sent.insert(name, html);
            }
        }
        if !changed.is_empty() {
            return Some(changed);
        }
    }
}
