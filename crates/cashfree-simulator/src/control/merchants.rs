//! Merchants and the clock.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::Timestamp;

use super::input::{Body, Input};
use super::list::{Page, numbered};
use super::reply::{Reply, reply};
use crate::clock::later;
use crate::control_error::ControlError;
use crate::merchant::Merchant;
use crate::shared::Shared;
use crate::simulator::Simulator;
use crate::timestamp;

/// One hundred years.
const MAX_ADVANCE_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let page = Page::of(query.as_deref())?;
    let merchants = Simulator { shared }.merchants();
    Ok(page.respond("merchants", numbered(&merchants), Clone::clone))
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let mut input = Input::parse(body)?;
    let client_id = input
        .text("client_id")?
        .ok_or_else(|| ControlError::invalid("client_id", "is missing"))?;
    let client_secrets = input
        .value::<Vec<String>>("client_secrets", "must be an array of strings")?
        .ok_or_else(|| ControlError::invalid("client_secrets", "is missing"))?;
    let name = input.text("name")?.unwrap_or_else(|| client_id.clone());
    input.finish()?;
    Ok(reply(
        "merchant",
        Simulator { shared }.add_merchant(Merchant {
            client_id,
            client_secrets,
            name,
        })?,
    ))
}

pub(super) async fn clock(State(shared): State<Arc<Shared>>) -> Response {
    reply("now", timestamp::control(Simulator { shared }.now()))
}

pub(super) async fn advance(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    Ok(reply(
        "now",
        timestamp::control(advance_clock(shared, body)?),
    ))
}

/// Moves the clock forward as a body requests.
pub(crate) fn advance_clock(shared: Arc<Shared>, body: Body) -> Result<Timestamp, ControlError> {
    const MUST: &str = "must be a whole number of seconds, at most a hundred years";
    let mut input = Input::parse(body)?;
    let seconds = input
        .value::<u64>("advance_seconds", MUST)?
        .ok_or_else(|| ControlError::invalid("advance_seconds", "is missing"))?;
    input.finish()?;
    if seconds > MAX_ADVANCE_SECONDS {
        return Err(ControlError::invalid("advance_seconds", MUST));
    }
    let (simulator, by) = (Simulator { shared }, Duration::from_secs(seconds));
    if later(simulator.now(), by) > timestamp::LAST_NOW {
        return Err(ControlError::invalid(
            "advance_seconds",
            "must not pass the beginning of the year 9000",
        ));
    }
    Ok(simulator.advance_clock(by))
}
