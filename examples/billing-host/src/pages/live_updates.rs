//! Pages that change by themselves: server-sent events, each with a part of the page as it is now.
//!
//! What is shown is read again at short intervals and sent when it differs. That needs no word from
//! whoever changed it, so it holds as well for what other processes on the same database do.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::session::Session;
use crate::state::App;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);

/// The parts of a page that change, by name.
pub(super) type Parts = Vec<(&'static str, String)>;

/// How many pages may be kept up to date at once; each holds a connection and reads the database.
pub(crate) const MAX_STREAMS: usize = 200;

/// How many of these are kept for people who are signed in, whoever else comes.
const KEPT_FOR_SESSIONS: usize = MAX_STREAMS / 2;

/// A part of this name says that nothing will change any more: it is the last that is sent.
pub(super) const DONE: &str = "done";

/// Streams what differs from what was sent before, until the application stops, the session ends, or
/// `read` finds nothing more to show.
pub(super) fn stream<R, F>(app: &App, session: Option<Session>, read: R) -> Response
where
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<Parts>> + Send,
{
    let kept = if session.is_some() {
        0
    } else {
        KEPT_FOR_SESSIONS
    };
    let permit = if app.streams.available_permits() > kept {
        Arc::clone(&app.streams).try_acquire_owned().ok()
    } else {
        None
    };
    let Some(permit) = permit else {
        let wait = [(header::RETRY_AFTER, "30")];
        return (StatusCode::SERVICE_UNAVAILABLE, wait).into_response();
    };
    let sessions = app.sessions.clone();
    let is_current = move || {
        session
            .as_ref()
            .is_none_or(|session| sessions.is_current(session))
    };
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = stream::unfold(
        (ticks, HashMap::new(), read, is_current, permit),
        |(mut ticks, mut sent, read, is_current, permit)| async move {
            if sent.contains_key(DONE) {
                return None;
            }
            let changed = next(&mut ticks, &mut sent, &read, &is_current).await?;
            Some((
                stream::iter(changed),
                (ticks, sent, read, is_current, permit),
            ))
        },
    )
    .flatten()
    .map(Ok::<_, Infallible>)
    .take_until(app.stop.clone().cancelled_owned());
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

async fn next<R, F>(
    ticks: &mut Interval,
    sent: &mut HashMap<&'static str, String>,
    read: &R,
    is_current: &impl Fn() -> bool,
) -> Option<Vec<Event>>
where
    R: Fn() -> F,
    F: Future<Output = Option<Parts>>,
{
    loop {
        ticks.tick().await;
        if !is_current() {
            return None;
        }
        let mut changed = Vec::new();
        for (name, part) in read().await? {
            if sent.get(name) != Some(&part) {
                changed.push(Event::default().event(name).data(&part));
                sent.insert(name, part);
            }
        }
        if !changed.is_empty() {
            return Some(changed);
        }
    }
}
