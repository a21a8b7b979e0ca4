//! The webhook settings.

use super::input::{Input, set};
use crate::control_error::ControlError;
use crate::settings::{Settings, WebhookSettings};

const MAX_RETRIES: usize = 10;

pub(super) fn read_webhooks(
    settings: &mut WebhookSettings,
    mut input: Input,
) -> Result<(), ControlError> {
    set(&mut settings.drop, input.flag("drop")?);
    set(&mut settings.duplicate, input.flag("duplicate")?);
    set(&mut settings.reorder, input.flag("reorder")?);
    set(
        &mut settings.reorder_hold_ms,
        input.milliseconds("reorder_hold_ms")?,
    );
    set(&mut settings.delay_ms, input.milliseconds("delay_ms")?);
    set(
        &mut settings.wrong_signature,
        input.flag("wrong_signature")?,
    );
    set(
        &mut settings.timestamp_age_seconds,
        input.value("timestamp_age_seconds", "must be a whole number of seconds")?,
    );
    set(&mut settings.timeout_ms, input.milliseconds("timeout_ms")?);
    set(
        &mut settings.fresh_timestamp_on_retry,
        input.flag("fresh_timestamp_on_retry")?,
    );
    input.finish()
}

pub(super) fn read_sending(settings: &mut Settings, input: &mut Input) -> Result<(), ControlError> {
    set(&mut settings.retry_scale, input.decimal("retry_scale")?);
    let delays =
        input.value::<Vec<u64>>("retry_delays_seconds", "must be an array of whole seconds")?;
    if delays
        .as_ref()
        .is_some_and(|delays| delays.len() > MAX_RETRIES)
    {
        return Err(ControlError::invalid(
            "retry_delays_seconds",
            "must have at most 10 entries",
        ));
    }
    set(&mut settings.retry_delays_seconds, delays);
    set(
        &mut settings.notify_url_version,
        input.named("notify_url_version")?,
    );
    set(
        &mut settings.transaction_id_unlike_payment_id,
        input.flag("transaction_id_unlike_payment_id")?,
    );
    set(
        &mut settings.paid_with_null_order,
        input.flag("paid_with_null_order")?,
    );
    set(
        &mut settings.link_event_without_null_order,
        input.flag("link_event_without_null_order")?,
    );
    set(
        &mut settings.payment_event_without_link_id,
        input.flag("payment_event_without_link_id")?,
    );
    set(
        &mut settings.payment_charges_event,
        input.flag("payment_charges_event")?,
    );
    set(
        &mut settings.refund_failed_event,
        input.flag("refund_failed_event")?,
    );
    set(
        &mut settings.expired_event_delay_ms,
        input.milliseconds("expired_event_delay_ms")?,
    );
    Ok(())
}
