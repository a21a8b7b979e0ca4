//! The list of things to act on, above the list of invoices.

use payment_provider_core::DisputeStatus;
use payment_provider_host::payable::{Contested, ParkedDeliveries, StuckCancel, StuckRefund};
use url::form_urlencoded;

use super::super::display_time::DisplayTime;
use super::dispute_row::status_text;
use crate::money_text;
use crate::problem::Problem;
use crate::state::App;

/// Most items of each kind.
const MOST: u32 = 20;

/// An item, with the page on which it is acted on.
pub(super) struct Item {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) amount: Option<String>,
    pub(super) organization: String,
    pub(super) respond_by: Option<DisplayTime>,
}

/// Returns the open disputes by their deadline, then refunds, links that could not be cancelled, and parked
/// webhooks.
pub(super) async fn items(app: &App) -> Result<Vec<Item>, Problem> {
    let found = app.host.attention(None, MOST).await?;
    let disputes = found.disputes.iter().map(of_dispute);
    let refunds = found.refunds.iter().map(of_refund);
    let parked = found.parked.iter().map(of_parked);
    let cancels = found.cancels.iter().map(of_cancel);
    let links_and_webhooks = cancels.chain(parked);
    Ok(disputes.chain(refunds).chain(links_and_webhooks).collect())
}

fn of_cancel(row: &StuckCancel) -> Item {
    Item {
        path: format!("/invoices/{}", row.payable),
        title: "A payment link can still be paid although nothing is due: the gateway did not cancel it yet"
            .to_owned(),
        amount: None,
        organization: row.organization.to_string(),
        respond_by: None,
    }
}

fn of_dispute(row: &Contested) -> Item {
    let dispute = &row.known.dispute;
    let title = match &dispute.status {
        DisputeStatus::Open => "A payment is disputed".to_owned(),
        status => format!("A payment is disputed: {}", status_text(status)),
    };
    Item {
        path: format!("/invoices/{}#disputes", row.payable),
        title,
        amount: Some(money_text::format(dispute.amount)),
        organization: row.organization.to_string(),
        respond_by: dispute.respond_by.map(DisplayTime::of),
    }
}

fn of_refund(row: &StuckRefund) -> Item {
    let refund = &row.known.refund;
    let title = match refund.status.as_str() {
        "on_hold" => "A refund is on hold: the balance at the gateway is too low",
        _ => "A refund failed",
    };
    Item {
        path: format!("/invoices/{}#refunds", row.payable),
        title: title.to_owned(),
        amount: Some(money_text::format(refund.amount)),
        organization: row.organization.to_string(),
        respond_by: None,
    }
}

fn of_parked(row: &ParkedDeliveries) -> Item {
    let code = encoded(row.connection.code.as_str());
    let organization = encoded(row.connection.organization.as_str());
    let webhooks = if row.count == 1 {
        "webhook"
    } else {
        "webhooks"
    };
    Item {
        path: format!("/connections/{organization}/{code}"),
        title: format!(
            "{} {webhooks} of connection {} could not be applied",
            row.count, row.connection.code
        ),
        amount: None,
        organization: row.connection.organization.to_string(),
        respond_by: None,
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
