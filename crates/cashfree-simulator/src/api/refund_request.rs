//! Reads and validates the request to create a refund.

use super::error::ApiError;
use super::fields::{Fields, invalid, missing};
use super::link_request::splits;
use crate::state::{NewRefund, RefundSpeed, RefundStatus};
use crate::version::ApiVersion;

/// Reads a refund request, and the outcome its note requests: newer versions let the note choose it.
pub(super) fn read(
    body: &[u8],
    version: ApiVersion,
) -> Result<(NewRefund, Option<RefundStatus>), ApiError> {
    let fields = Fields::parse(body)?;
    let newest = version >= ApiVersion::V2026_01_01;
    let amount = fields
        .amount("refund_amount")?
        .ok_or_else(|| missing("refund_amount"))?;
    let refund_id = refund_id(&fields, newest)?;
    let note = fields.text("refund_note")?;
    let length = note.as_deref().map(|note| note.chars().count());
    if length.is_some_and(|length| !(3..=100).contains(&length)) {
        return Err(invalid("refund_note", "must have 3 to 100 characters"));
    }
    let speed = match fields.text("refund_speed")? {
        None => RefundSpeed::Standard,
        Some(speed) => speed
            .parse()
            .map_err(|_| invalid("refund_speed", "must be STANDARD or INSTANT"))?,
    };
    let outcome = match note.as_deref() {
        Some("SUCCESS") => Some(RefundStatus::Success),
        Some("FAILED") => Some(RefundStatus::Failed),
        Some("PENDING" | "ACTIVE") => Some(RefundStatus::Pending),
        _ => None,
    };
    let request = NewRefund {
        refund_id,
        amount,
        note,
        speed,
        splits: splits(&fields, "refund_splits")?,
    };
    Ok((request, outcome.filter(|_| newest)))
}

fn refund_id(fields: &Fields<'_>, optional: bool) -> Result<Option<String>, ApiError> {
    let Some(refund_id) = fields.text("refund_id")?.filter(|id| !id.is_empty()) else {
        return if optional {
            Ok(None)
        } else {
            Err(missing("refund_id"))
        };
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (3..=40).contains(&refund_id.len()) && refund_id.bytes().all(allowed) {
        Ok(Some(refund_id))
    } else {
        Err(ApiError::request(
            400,
            "refund_id_invalid",
            "refund_id format not valid",
        ))
    }
}
