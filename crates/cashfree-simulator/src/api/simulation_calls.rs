//! The sandbox's simulation calls, which complete payments and settlements.

use serde::Serialize;

use super::call_context::CallContext;
use super::error::ApiError;
use super::fields::{Fields, invalid, missing};
use super::not_found::unknown_simulation;
use crate::control_error::ControlError;
use crate::response::ApiResponse;
use crate::state::{GatewayState, PaymentStatus, SettlementStatus, Simulated, Simulation};

#[derive(Serialize)]
#[serde(untagged)]
enum Entity<'a> {
    Payment {
        simulation_id: &'a str,
        entity: &'static str,
        entity_id: &'a str,
        entity_simulation: Outcome<'a>,
    },
    Settlement {
        simulation_id: &'a str,
        #[serde(rename = "merchantOrderIds")]
        order_ids: &'a [String],
        #[serde(rename = "txnTime", skip_serializing_if = "Option::is_none")]
        at: Option<&'a str>,
        status: SettlementStatus,
        #[serde(rename = "errorReason", skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
}

#[derive(Serialize)]
struct Outcome<'a> {
    payment_status: PaymentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_error_code: Option<&'a str>,
}

/// Completes a pending payment.
pub(super) fn payment(
    state: &mut GatewayState,
    context: CallContext<'_>,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let fields = Fields::parse(body)?;
    if fields.required_text("entity")? != "PAYMENTS" {
        let message = "entity: this simulator supports only PAYMENTS";
        return Err(ApiError::request(400, "entity_unsupported", message));
    }
    let cf_payment_id = fields.required_text("entity_id")?;
    let outcome = fields
        .object("entity_simulation")?
        .ok_or_else(|| missing("entity_simulation"))?;
    let status = outcome
        .required_text("payment_status")?
        .parse()
        .map_err(|_| {
            let must = "must be SUCCESS, FAILED, PENDING or USER_DROPPED";
            invalid("payment_status", must)
        })?;
    let simulated = Simulated::Payment {
        cf_payment_id,
        status,
        error_code: outcome.text("payment_error_code")?,
    };
    run(state, context, simulated, "entity_id_invalid")
}

/// Sets the status of the settlements of several orders.
pub(super) fn settlement(
    state: &mut GatewayState,
    context: CallContext<'_>,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let fields = Fields::parse(body)?;
    let status = fields.required_text("status")?;
    let simulated = Simulated::Settlement {
        order_ids: fields
            .value("merchantOrderIds", "must be an array of order ids")?
            .ok_or_else(|| missing("merchantOrderIds"))?,
        at: fields.text("txnTime")?,
        status: status
            .parse()
            .map_err(|_| invalid("status", "must be INITIATED, SUCCESS, FAILED or REVERSED"))?,
        reason: fields.text("errorReason")?,
    };
    run(state, context, simulated, "order_id_invalid")
}

fn run(
    state: &mut GatewayState,
    context: CallContext<'_>,
    simulated: Simulated,
    code: &'static str,
) -> Result<ApiResponse, ApiError> {
    let refused = |refusal: ControlError| ApiError::request(400, code, refusal.message);
    let made = state.simulate(context.merchant, simulated, context.now);
    let simulation = state.simulations.get(made.map_err(refused)?);
    simulation
        .map(simulation_response)
        .ok_or_else(unknown_simulation)
}

/// Returns an earlier simulation.
pub(super) fn fetch(
    state: &GatewayState,
    context: CallContext<'_>,
    simulation_id: &str,
) -> Result<ApiResponse, ApiError> {
    let mut own = state.simulations.iter();
    own.find(|known| known.merchant == context.merchant && known.simulation_id == simulation_id)
        .map(simulation_response)
        .ok_or_else(unknown_simulation)
}

fn simulation_response(simulation: &Simulation) -> ApiResponse {
    let simulation_id = &simulation.simulation_id;
    ApiResponse::json(&match &simulation.simulated {
        Simulated::Payment {
            cf_payment_id,
            status,
            error_code,
        } => Entity::Payment {
            simulation_id,
            entity: "PAYMENTS",
            entity_id: cf_payment_id,
            entity_simulation: Outcome {
                payment_status: *status,
                payment_error_code: error_code.as_deref(),
            },
        },
        Simulated::Settlement {
            order_ids,
            at,
            status,
            reason,
        } => Entity::Settlement {
            simulation_id,
            order_ids,
            at: at.as_deref(),
            status: *status,
            reason: reason.as_deref(),
        },
    })
}
