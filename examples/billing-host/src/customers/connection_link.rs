//! Keeping a customer and linking them to the connection they pay through.

use payment_provider_core::{ViolationCode, Violations};
use payment_provider_host::{ConnectionError, Departure};

use super::table::{self, Customer, NewCustomer, Saved};
use crate::problem::Problem;
use crate::state::App;

/// The field that names the connection.
pub(crate) const CODE: &str = "payment_provider_code";

/// A customer who is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) customer: Customer,
    pub(crate) saved: Saved,
    /// Whether they are linked to the connection they name.
    pub(crate) linked: bool,
    /// What is still missing before they can be asked for money.
    pub(crate) needs: Violations,
    /// What became of what they could still have paid through other connections.
    pub(crate) departure: Departure,
}

/// How a customer is linked now.
#[derive(Debug, Default)]
struct Link {
    linked: bool,
    needs: Violations,
    departure: Departure,
}

/// Keeps a customer, or again with what is known by now, and links them to the connection they shall
/// pay through; what they could still pay elsewhere is ended. Without one they are unlinked. If it is not there they are kept all the same, and the answer says what is missing:
/// linking takes sending them again.
pub(crate) async fn keep(app: &App, new: &NewCustomer) -> Result<Kept, Problem> {
    let Link {
        linked,
        needs,
        departure,
    } = link(app, new).await?;
    let (customer, saved) = table::save(app.host.store(), new).await?;
    Ok(Kept {
        customer,
        saved,
        linked,
        needs,
        departure,
    })
}

async fn link(app: &App, new: &NewCustomer) -> Result<Link, Problem> {
    let Some((provider, code)) = &new.payment else {
        let unlinked = app
            .host
            .unlink_customer(&new.organization, &new.external_id);
        return Ok(Link {
            departure: unlinked.await?,
            ..Link::default()
        });
    };
    let missing = |message| {
        let mut link = Link::default();
        link.needs.push(CODE, ViolationCode::Unknown, message);
        Ok(link)
    };
    match app.host.connection(&new.organization, code).await {
        Ok(connection) if connection.provider == *provider => {
            let done = app.host.link_customer(new.link(code.clone())).await?;
            Ok(Link {
                linked: true,
                needs: done.linked.needs,
                departure: done.departure,
            })
        }
        Ok(_) => missing("names a connection of another provider"),
        Err(ConnectionError::NotFound) => {
            missing("names no connection yet; make it, then send the customer again")
        }
        Err(error) => Err(error.into()),
    }
}
