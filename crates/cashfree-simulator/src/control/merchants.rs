//! Accounts and the clock.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::input::{Body, Input};
use super::{Reply, reply};
use crate::clock::later;
use crate::control_error::ControlError;
use crate::core::Core;
use crate::merchant::Merchant;
use crate::simulator::Simulator;
use crate::stamp;

/// A hundred years.
const FURTHEST: u64 = 100 * 365 * 24 * 60 * 60;

pub(super) async fn list(State(core): State<Arc<Core>>) -> Response {
    reply("merchants", Simulator { core }.merchants())
}

pub(super) async fn add(State(core): State<Arc<Core>>, body: Body) -> Reply {
    let mut input = Input::of(body)?;
    let client_id = input
        .text("client_id")?
        .ok_or_else(|| ControlError::invalid("client_id", "is missing"))?;
    let client_secrets = input
        .typed::<Vec<String>>("client_secrets", "must be an array of strings")?
        .ok_or_else(|| ControlError::invalid("client_secrets", "is missing"))?;
    let name = input.text("name")?.unwrap_or_else(|| client_id.clone());
    input.finish()?;
    Ok(reply(
        "merchant",
        Simulator { core }.add_merchant(Merchant {
            client_id,
            client_secrets,
            name,
        })?,
    ))
}

pub(super) async fn clock(State(core): State<Arc<Core>>) -> Response {
    reply("now", stamp::control(Simulator { core }.now()))
}

pub(super) async fn advance(State(core): State<Arc<Core>>, body: Body) -> Reply {
    Ok(reply("now", stamp::control(advance_clock(core, body)?)))
}

/// Moves the clock by as much as a body says.
pub(crate) fn advance_clock(core: Arc<Core>, body: Body) -> Result<Timestamp, ControlError> {
    const MUST: &str = "must be a whole number of seconds, at most a hundred years";
    let mut input = Input::of(body)?;
    let seconds = input
        .typed::<u64>("advance_seconds", MUST)?
        .ok_or_else(|| ControlError::invalid("advance_seconds", "is missing"))?;
    input.finish()?;
    if seconds > FURTHEST {
        return Err(ControlError::invalid("advance_seconds", MUST));
    }
    let (simulator, by) = (Simulator { core }, Duration::from_secs(seconds));
    if later(simulator.now(), by) > stamp::LAST_NOW {
        return Err(ControlError::invalid(
            "advance_seconds",
            "must not lead beyond the beginning of the year 9000",
        ));
    }
    Ok(simulator.advance_clock(by))
}
