//! Disputes raised, moved on and closed.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::state::{Dispute, DisputeStage, DisputeType, GatewayState};
use crate::webhook::Event;

/// Time that the merchant has to respond.
const RESPONSE_PERIOD: Duration = Duration::from_hours(3 * 24);

impl GatewayState {
    /// Raises a dispute about a successful payment and publishes it.
    pub(crate) fn raise_dispute(
        &mut self,
        cf_payment_id: &str,
        kind: DisputeType,
        amount: Option<Paise>,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let index = self.find_payment(cf_payment_id)?;
        let dispute_id = self.rng.number(9);
        let (_, payment) = self
            .payment_at(index)
            .ok_or_else(|| ControlError::not_found("cf_payment_id"))?;
        if !payment.succeeded() {
            return Err(ControlError::conflict(
                "payment_not_successful",
                "cf_payment_id",
                "cf_payment_id: the payment did not succeed, so it cannot be disputed",
            ));
        }
        let amount = amount.unwrap_or(payment.amount);
        if amount > payment.amount {
            return Err(ControlError::invalid("amount", "is more than was paid"));
        }
        let position = self.disputes.len();
        self.disputes.push(Dispute {
            dispute_id,
            payment: index,
            kind,
            stage: DisputeStage::Created,
            amount,
            created_at: now,
            updated_at: now,
            respond_by: later(now, RESPONSE_PERIOD),
        });
        self.publish(&[Event::Dispute(position)], now);
        Ok(position)
    }

    /// Moves a dispute to a stage and publishes it.
    pub(crate) fn move_dispute(
        &mut self,
        dispute_id: &str,
        stage: DisputeStage,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let position = self
            .disputes
            .iter()
            .position(|dispute| dispute.dispute_id.to_string() == dispute_id)
            .ok_or_else(|| ControlError::not_found("dispute_id"))?;
        let dispute = self
            .disputes
            .get_mut(position)
            .ok_or_else(|| ControlError::not_found("dispute_id"))?;
        if dispute.stage.is_closed() {
            return Err(ControlError::conflict(
                "dispute_closed",
                "dispute_id",
                format!("dispute_id: the dispute is closed as {}", dispute.stage),
            ));
        }
        if stage == DisputeStage::Created {
            return Err(ControlError::invalid(
                "stage",
                "must be a stage after CREATED",
            ));
        }
        dispute.stage = stage;
        dispute.updated_at = now;
        self.publish(&[Event::Dispute(position)], now);
        Ok(position)
    }
}
