use std::borrow::Cow;

use payment_provider_core::{Customer, CustomerLink, Operation, Violations};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::{CallError, Deadline, GatewayClient, Request, Response};
use serde::{Deserialize, Serialize};

use super::details::{Details, Names};
use crate::routes::Razorpay;
use crate::settings::Terms;

const OPERATION: Operation = Operation::LinkCustomer;

/// Maximum length of the e-mail address of a customer object.
const MAX_EMAIL: usize = 64;

/// The body of `POST /customers`: <https://razorpay.com/docs/api/customers/create/>.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    /// Returns an existing customer instead of failing. Sent as a text, because Razorpay ignores a
    /// number.
    fail_existing: &'static str,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
}

/// Creates a customer at the gateway, or finds the existing one.
///
/// Razorpay identifies customers by phone number and e-mail address. A customer with neither would
/// be created anew on every call, so none is created.
pub(crate) async fn link(
    gateway: &GatewayClient,
    terms: &Terms,
    customer: &Customer,
    deadline: Deadline,
) -> Result<CustomerLink, CallError> {
    let mut needs = Violations::none();
    let details = Details::read(customer, terms, Names::OF_CUSTOMER, &mut needs);
    let (email, contact) = (details.email(), details.contact());
    let told_apart = email.is_some() || contact.is_some();
    let too_long = email.is_some_and(|email| email.chars().count() > MAX_EMAIL);
    if !terms.remote_customers || !needs.is_empty() || !told_apart || too_long {
        return Ok(CustomerLink::local(needs));
    }
    let body = Body {
        name: details.name(),
        email,
        contact,
        fail_existing: "0",
    };
    let body =
        serde_json::to_vec(&body).map_err(|_| CallError::unreadable(Unreadable("body"), None))?;
    let call = Request::new(OPERATION, Razorpay::CreateCustomer).with_json(body);
    // A repeated call finds the customer that the first one created.
    let id = gateway.read(&call, deadline, id).await?;
    Ok(CustomerLink::remote(id, needs))
}

fn id(response: &Response) -> Result<String, Unreadable> {
    let entity: Entity<'_> = json::body(&response.body)?;
    json::word("id", entity.id).map(Cow::into_owned)
}
