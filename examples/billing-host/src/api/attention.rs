//! The list of disputes, refunds and webhooks that an organization has to act on.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::{invoice_view, query};
use crate::access::Access;
use crate::problem::Problem;
use crate::state::App;

/// Most items of each kind.
const MOST: u32 = 100;

/// `GET /api/v1/attention`: lists open disputes by their deadline, refunds that failed or are on hold,
/// connections with parked webhooks, and payment links that could not be cancelled.
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = access.narrow(query::organization(query.as_deref())?)?;
    let found = app.host.attention(organization.as_ref(), MOST).await?;
    let owned = |mut item: Value, organization: &str, invoice: &str| {
        item["organization_id"] = organization.into();
        item["invoice_id"] = invoice.into();
        item
    };
    let disputes = found.disputes.iter().map(|row| {
        let dispute = invoice_view::dispute(&row.known);
        owned(dispute, row.organization.as_str(), row.payable.as_str())
    });
    let refunds = found.refunds.iter().map(|row| {
        let refund = invoice_view::refund(&row.known);
        owned(refund, row.organization.as_str(), row.payable.as_str())
    });
    let parked = found.parked.iter().map(|row| {
        json!({
            "organization_id": row.connection.organization,
            "connection": row.connection.code,
            "count": row.count,
            "latest_at": row.latest_at.to_string(),
        })
    });
    let cancels = found.cancels.iter().map(|row| {
        let mut cancel = invoice_view::cancel(&row.cancel);
        cancel["checkout"] = row.checkout.as_str().into();
        owned(cancel, row.organization.as_str(), row.payable.as_str())
    });
    Ok(Json(json!({
        "failing_cancels": cancels.collect::<Vec<_>>(),
        "disputes": disputes.collect::<Vec<_>>(),
        "refunds": refunds.collect::<Vec<_>>(),
        "parked_deliveries": parked.collect::<Vec<_>>(),
    })))
}
