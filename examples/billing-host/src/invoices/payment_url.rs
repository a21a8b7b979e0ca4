//! Payment URL of an invoice.

use axum::http::StatusCode;
use payment_provider_core::{ConnectionCode, CustomerId, Money, OrganizationId, ProviderId};
use payment_provider_host::checkouts::{NothingDue, PaymentUrl, PaymentUrlOutcome};
use payment_provider_host::connections::Connection;
use payment_provider_host::error::Entity;
use payment_provider_host::payable::Payable;
use payment_provider_host::{ConnectionRef, ErrorKind, PayableId};

use super::Invoice;
use crate::customers::{self, Customer};
use crate::problem::Problem;
use crate::state::App;

/// Setting of a connection with the page that payers return to after paying.
const RETURN_URL_SETTING: &str = "redirect_url";

/// Code of the problem of an invoice on which nothing is due.
const NOTHING_DUE: &str = "invalid_invoice_status_or_payment_status";

/// Payment URL of an invoice, with its customer and gateway.
#[derive(Debug)]
pub(crate) struct InvoicePaymentUrl {
    pub(crate) customer: Customer,
    pub(crate) provider: ProviderId,
    pub(crate) url: PaymentUrl,
}

/// Returns the URL at which an invoice can be paid. Creates a payment page at the gateway unless an
/// earlier one can be reused.
///
/// Refuses in this order: the customer has no provider; the invoice is paid or voided; the connection
/// does not exist; the customer is not linked to it. Errors of the runtime and the gateway come after
/// these.
pub(crate) async fn payment_url(
    app: &App,
    invoice: &Invoice,
) -> Result<InvoicePaymentUrl, Problem> {
    let customer = customers::find_by_id(&app.host, &invoice.customer_id).await?;
    let customer = customer.ok_or_else(Problem::unavailable)?;
    let (provider, code) = provider_of(&customer)?;
    if invoice.is_paid() || invoice.is_voided() {
        return Err(not_payable());
    }
    let mut payable = payable_of(invoice)?;
    let connection = ConnectionRef::new(payable.organization.clone(), code);
    let connection = match app.host.connection(&connection).await {
        Ok(connection) if connection.provider == provider => connection,
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound(Entity::Connection)) => {
            return Err(error.into());
        }
        _ => {
            let detail = "the connection of the customer does not exist";
            return Err(refused("missing_payment_provider", detail));
        }
    };
    let linked = app
        .host
        .connection_of_customer(&payable.organization, &payable.customer)
        .await?;
    if linked.as_ref() != Some(&connection.code) {
        let detail = "the customer is not linked to their connection; send the customer again";
        return Err(refused("missing_payment_provider_customer", detail));
    }
    if let Some(url) = return_url(app, &connection, invoice) {
        payable = payable.with_return_url(url);
    }
    let url = match app.host.payment_url(&payable).await? {
        PaymentUrlOutcome::Pay(url) => url,
        PaymentUrlOutcome::NothingDue(reason) => return Err(nothing_due(reason)),
        _ => return Err(Problem::unavailable()),
    };
    Ok(InvoicePaymentUrl {
        customer,
        provider,
        url,
    })
}

/// Returns the application's own page for payers, unless the connection sets another one.
fn return_url(app: &App, connection: &Connection, invoice: &Invoice) -> Option<url::Url> {
    if connection.settings.contains_key(RETURN_URL_SETTING) {
        return None;
    }
    let mut url = app.host.public_url()?.clone();
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(["thanks", invoice.id.as_str()]);
    Some(url)
}

/// Returns an invoice as a payable of the payment runtime.
pub(crate) fn payable_of(invoice: &Invoice) -> Result<Payable, Problem> {
    let organization = OrganizationId::new(invoice.organization_id.as_str());
    let id = PayableId::new(invoice.id.as_str());
    let customer = CustomerId::new(invoice.external_customer_id.as_str());
    let (Ok(organization), Ok(id), Ok(customer), Ok(currency)) =
        (organization, id, customer, invoice.currency.parse())
    else {
        return Err(Problem::unavailable());
    };
    let amount = Money::from_minor_units(invoice.amount_cents, currency);
    let purpose = invoice.purpose.as_str();
    Ok(Payable::new(organization, id, amount, purpose, customer))
}

fn provider_of(customer: &Customer) -> Result<(ProviderId, ConnectionCode), Problem> {
    let provider = customer.payment_provider.as_deref().map(ProviderId::new);
    let code = customer
        .payment_provider_code
        .as_deref()
        .map(ConnectionCode::new);
    match (provider, code) {
        (Some(Ok(provider)), Some(Ok(code))) => Ok((provider, code)),
        _ => Err(refused(
            "no_linked_payment_provider",
            "the customer has no payment provider",
        )),
    }
}

fn not_payable() -> Problem {
    refused(NOTHING_DUE, "the invoice is paid or voided")
}

fn nothing_due(reason: NothingDue) -> Problem {
    refused(
        NOTHING_DUE,
        &format!("the invoice cannot be paid: {reason}"),
    )
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
