//! Random faults.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::input::{Body, Input};
use super::reply::{Reply, json_response};
use crate::chaos::{ChaosProfile, ChaosTally};
use crate::control_error::ControlError;
use crate::shared::Shared;
use crate::simulator::Simulator;

#[derive(Serialize)]
struct Chaos {
    profile: Option<ChaosProfile>,
    tally: ChaosTally,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    chaos_response(shared)
}

fn chaos_response(shared: Arc<Shared>) -> Response {
    let simulator = Simulator { shared };
    let chaos = Chaos {
        profile: simulator.settings().chaos,
        tally: simulator.chaos_tally(),
    };
    json_response(StatusCode::OK, &chaos)
}

pub(super) async fn set(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    set_chaos(Arc::clone(&shared), body)?;
    Ok(chaos_response(shared))
}

/// Sets the profile that a body describes.
pub(crate) fn set_chaos(shared: Arc<Shared>, body: Body) -> Result<(), ControlError> {
    let profile = read_profile(Input::parse(body)?)?;
    Simulator { shared }
        .set_chaos(Some(profile))
        .map_err(|problem| ControlError::invalid("profile", problem))
}

/// Reads a profile: a named one, with the given rates in place of its own. If rates are given without a name, all
/// other rates are zero.
pub(super) fn read_profile(mut input: Input) -> Result<ChaosProfile, ControlError> {
    const SEED: &str = "must be a whole number";
    let seed_name = input.name("seed");
    let seed = input
        .value("seed", SEED)?
        .ok_or_else(|| ControlError::invalid(&seed_name, "is missing"))?;
    let own_rates = ["requests", "webhooks", "late_payment"];
    let unless_named = if own_rates.iter().any(|field| input.has(field)) {
        "calm"
    } else {
        "rough"
    };
    let (field, name) = (input.name("profile"), input.text("profile")?);
    let mut profile = ChaosProfile::named(seed, name.as_deref().unwrap_or(unless_named))
        .map_err(|problem| ControlError::invalid(&field, problem))?;
    rates(&mut input, "requests", &mut profile.requests)?;
    rates(&mut input, "webhooks", &mut profile.webhooks)?;
    let late = input.value("late_payment", "must be a whole number up to 1000")?;
    profile.late_payment = late.unwrap_or(profile.late_payment);
    let delay = input.milliseconds("delay_ms")?;
    profile.delay_ms = delay.unwrap_or(profile.delay_ms);
    let timeout = input.milliseconds("timeout_ms")?;
    profile.timeout_ms = timeout.unwrap_or(profile.timeout_ms);
    let retry = input.value("retry_seconds", "must be a whole number of seconds")?;
    profile.retry_seconds = retry.unwrap_or(profile.retry_seconds);
    input.finish()?;
    profile
        .check()
        .map_err(|problem| ControlError::invalid(&field, problem))?;
    Ok(profile)
}

/// Replaces the rates of the faults that an object names.
fn rates<T: FromStr<Err: Display> + Ord>(
    input: &mut Input,
    field: &str,
    rates: &mut BTreeMap<T, u16>,
) -> Result<(), ControlError> {
    let given: Option<BTreeMap<String, u16>> =
        input.value(field, "must be an object of faults and rates per thousand")?;
    for (fault, rate) in given.unwrap_or_default() {
        let name = input.name(&format!("{field}.{fault}"));
        let known = fault
            .parse()
            .map_err(|problem| ControlError::invalid(&name, problem))?;
        rates.insert(known, rate);
    }
    Ok(())
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Reply {
    // Switching random faults off cannot fail.
    let _ = Simulator {
        shared: Arc::clone(&shared),
    }
    .set_chaos(None);
    Ok(chaos_response(shared))
}
