//! Data created at the first start.

use payment_provider_core::{
    ConnectionCode, Currency, CustomerId, Environment, InvalidIdentifier, Money, OrganizationId,
    Pii, ProviderId,
};
use payment_provider_host::connections::NewConnection;
use payment_provider_host::error::Entity;
use payment_provider_host::{ConnectionRef, Error, ErrorKind, Host};

use crate::customers::{self, NewCustomer};
use crate::demo::merchant::{self, SeedConnection};
use crate::invoices::{self, NewInvoice};
use crate::options::{GatewayTarget, Seed};
use crate::tables::{self, TableError};

/// Organization of all seeded data.
pub(crate) const ORGANIZATION: &str = "acme";
/// Customer of the seeded invoices.
pub(crate) const CUSTOMER: &str = "customer-1";
/// Amount in paise and purpose of each seeded invoice.
const INVOICES: [(i64, &str); 3] = [
    (20_012, "Plan Basic, November"),
    (149_900, "Plan Business, November"),
    (5_500, "SMS, 100 pieces"),
];

/// Seed data that exists now, whether this start or an earlier one created it.
#[derive(Debug, Default)]
pub(crate) struct Seeded {
    pub(crate) connection: Option<ConnectionCode>,
    /// An invoice that is not paid yet.
    pub(crate) invoice: Option<String>,
}

/// The seed data could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The environment variables with the merchant account are not set.
    #[error("{}", merchant::NO_CREDENTIALS)]
    NoCredentials,
    /// A seeded identifier is invalid.
    #[error(transparent)]
    Name(#[from] InvalidIdentifier),
    /// The connection cannot be created or updated.
    #[error("cannot seed the connection")]
    Connection(#[source] Error),
    /// The customer cannot be linked.
    #[error("cannot seed the customer")]
    Customer(#[source] Error),
    /// The application's tables cannot be written.
    #[error("cannot seed the application's tables")]
    Tables(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<TableError> for SeedError {
    fn from(error: TableError) -> Self {
        Self::Tables(error.into())
    }
}

/// Creates the seed data that does not exist yet. An existing connection gets the settings of this
/// start, since the simulator's URL or the secret may have changed.
pub(crate) async fn ensure(
    host: &Host,
    gateway: &GatewayTarget,
    simulator_url: Option<&str>,
    seed: Seed,
) -> Result<Seeded, SeedError> {
    if seed == Seed::Nothing {
        return Ok(Seeded::default());
    }
    // One of several processes that start at the same time creates the data; the others find it.
    let lock = tables::lock_startup(host).await?;
    let organization = OrganizationId::new(ORGANIZATION)?;
    let SeedConnection {
        code,
        name,
        settings,
    } = merchant::seed_connection(gateway, simulator_url).ok_or(SeedError::NoCredentials)?;
    let connection = ConnectionRef::new(organization, ConnectionCode::new(code)?);
    let provider = ProviderId::new(merchant::PROVIDER)?;
    let seeded = match host.replace_settings(&connection, &settings).await {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound(Entity::Connection)) => {
            let new = NewConnection::new(connection.clone(), provider.clone(), name, settings);
            host.add_connection(new).await
        }
        replaced => replaced,
    };
    seeded.map_err(SeedError::Connection)?;
    let moves_money = matches!(
        gateway,
        GatewayTarget::Live {
            environment: Environment::Production,
            ..
        }
    );
    let invoice = if moves_money {
        None
    } else {
        ensure_invoices(host, &connection, provider).await?
    };
    drop(lock);
    Ok(Seeded {
        connection: Some(connection.code),
        invoice,
    })
}

/// Creates a customer with three invoices, unless the organization has invoices already. Returns the id
/// of an invoice that is not paid yet.
async fn ensure_invoices(
    host: &Host,
    connection: &ConnectionRef,
    provider: ProviderId,
) -> Result<Option<String>, SeedError> {
    let ConnectionRef {
        organization, code, ..
    } = connection;
    if invoices::count(host, organization).await? > 0 {
        let known = invoices::list(host, Some(organization), None, 100).await?;
        let open = known
            .into_iter()
            .find(|invoice| invoice.amount_due_cents() > 0);
        return Ok(open.map(|invoice| invoice.id));
    }
    let customer = NewCustomer {
        organization: organization.clone(),
        external_id: CustomerId::new(CUSTOMER)?,
        name: Some(Pii::new("Asha Rao")),
        email: Some(Pii::new("asha@example.com")),
        phone: Some(Pii::new("9000000000")),
        payment: Some((provider, code.clone())),
    };
    let (saved, _) = customers::save(host, &customer).await?;
    let connection = ConnectionRef::new(organization.clone(), code.clone());
    host.link_customer(&connection, &customer.details())
        .await
        .map_err(SeedError::Customer)?;
    let mut first = None;
    for (paise, purpose) in INVOICES {
        let new = NewInvoice {
            organization: organization.clone(),
            customer_id: saved.id.clone(),
            amount: Money::from_minor_units(paise, Currency::INR),
            purpose: purpose.to_owned(),
        };
        let id = invoices::insert(host, &new).await?;
        first.get_or_insert(id);
    }
    Ok(first)
}
