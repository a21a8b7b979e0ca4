//! Pages that change by themselves: server-sent events, each with a part of the page as it is now.
//!
//! What is shown is read again at short intervals and sent when it differs. That needs no word from
//! whoever changed it, so it holds as well for what other processes on the same database do.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::state::App;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);

/// The parts of a page that change, by name.
pub(super) type Parts = Vec<(&'static str, String)>;

/// Streams what differs from what was sent before, until the application stops or `read` finds
/// nothing more to show.
pub(super) fn stream<R, F>(app: &App, read: R) -> Response
where
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<Parts>> + Send,
{
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = stream::unfold(
        (ticks, HashMap::new(), read),
        |(mut ticks, mut sent, read)| async move {
            let changed = next(&mut ticks, &mut sent, &read).await?;
            Some((stream::iter(changed), (ticks, sent, read)))
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
) -> Option<Vec<Event>>
where
    R: Fn() -> F,
    F: Future<Output = Option<Parts>>,
{
    loop {
        ticks.tick().await;
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
