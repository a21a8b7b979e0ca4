//! Saving a customer together with the link to the connection they pay through.

use payment_provider_core::{
    ConnectionCode, CustomerId, OrganizationId, ViolationCode, Violations,
};
use payment_provider_host::error::Entity;
use payment_provider_host::workflows::UnlinkOutcome;
use payment_provider_host::{ConnectionRef, ErrorKind, Transaction};

use super::table::{self, Customer, NewCustomer, SaveOutcome};
use crate::problem::Problem;
use crate::state::App;

/// Name of the field with the code of the connection.
pub(crate) const CODE: &str = "payment_provider_code";

const OTHER_PROVIDER: &str = "is the code of another provider's connection";
const NO_CONNECTION: &str = "does not exist; create the connection, then save the customer again";

/// A customer after saving and linking.
#[derive(Debug)]
pub(crate) struct SavedCustomer {
    pub(crate) customer: Customer,
    pub(crate) outcome: SaveOutcome,
    /// True if the customer is linked to the connection they name.
    pub(crate) linked: bool,
    /// Data that the gateway still requires before it can collect a payment from the customer.
    pub(crate) needs: Violations,
    /// Result for the payment links at the connections that the customer paid through before.
    pub(crate) left: UnlinkOutcome,
}

/// Result of linking a customer.
#[derive(Debug, Default)]
struct Link {
    linked: bool,
    needs: Violations,
    left: UnlinkOutcome,
}

/// Saves a new or changed customer and links them to the connection they name. Without one, unlinks them.
/// Cancels their open payment links at other connections.
///
/// If the connection does not exist, saves the customer without a link and says so in `needs`. Saving
/// again once the connection exists links them.
pub(crate) async fn save_and_link(app: &App, new: &NewCustomer) -> Result<SavedCustomer, Problem> {
    let (tx, saved) = link_and_begin_to_save(app, new).await?;
    app.host.commit(tx).await?;
    Ok(saved)
}

/// Does the same, except that the caller commits the transaction that saves the customer. The link is made
/// before; making it again changes nothing.
pub(crate) async fn link_and_begin_to_save(
    app: &App,
    new: &NewCustomer,
) -> Result<(Transaction, SavedCustomer), Problem> {
    let Link {
        linked,
        needs,
        left,
    } = link(app, new).await?;
    let mut tx = app.host.begin().await?;
    let (customer, outcome) = table::save_in(&mut tx, new).await?;
    let saved = SavedCustomer {
        customer,
        outcome,
        linked,
        needs,
        left,
    };
    Ok((tx, saved))
}

async fn link(app: &App, new: &NewCustomer) -> Result<Link, Problem> {
    let Some((provider, code)) = &new.payment else {
        let unlinked = app
            .host
            .unlink_customer(&new.organization, &new.external_id);
        return Ok(Link {
            left: unlinked.await?,
            ..Link::default()
        });
    };
    let missing = |message| {
        Ok(Link {
            needs: missing(message),
            ..Link::default()
        })
    };
    let connection = ConnectionRef::new(new.organization.clone(), code.clone());
    match app.host.connection(&connection).await {
        Ok(found) if found.provider == *provider => {
            let outcome = app.host.link_customer(&connection, &new.details()).await?;
            Ok(Link {
                linked: true,
                needs: outcome.linked.needs,
                left: outcome.left,
            })
        }
        Ok(_) => missing(OTHER_PROVIDER),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound(Entity::Connection)) => {
            missing(NO_CONNECTION)
        }
        Err(error) => Err(error.into()),
    }
}

fn missing(message: &'static str) -> Violations {
    let mut needs = Violations::none();
    needs.push(CODE, ViolationCode::Unknown, message);
    needs
}

/// Returns whether a saved customer is linked to the connection they name now, and the data that the gateway still
/// requires. Changes nothing.
pub(crate) async fn link_of(app: &App, customer: &Customer) -> Result<(bool, Violations), Problem> {
    let (Some(provider), Some(code)) =
        (&customer.payment_provider, &customer.payment_provider_code)
    else {
        return Ok((false, Violations::none()));
    };
    let names = (
        OrganizationId::new(customer.organization_id.as_str()),
        CustomerId::new(customer.external_id.as_str()),
        ConnectionCode::new(code.as_str()),
    );
    let (Ok(organization), Ok(id), Ok(code)) = names else {
        return Err(Problem::unavailable());
    };
    let linked = app.host.linked_customer(&organization, &id).await?;
    if let Some(linked) = linked.filter(|linked| linked.connection == code) {
        return Ok((true, linked.needs));
    }
    let connection = ConnectionRef::new(organization, code);
    match app.host.connection(&connection).await {
        Ok(found) if found.provider.as_str() == provider => Ok((false, Violations::none())),
        Ok(_) => Ok((false, missing(OTHER_PROVIDER))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound(Entity::Connection)) => {
            Ok((false, missing(NO_CONNECTION)))
        }
        Err(error) => Err(error.into()),
    }
}
