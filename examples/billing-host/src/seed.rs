//! What is there at the first start.

use payment_provider_core::{
    ConnectionCode, Currency, CustomerId, Environment, InvalidIdentifier, Money, OrganizationId,
    Pii, ProviderId,
};
use payment_provider_host::{AnyStore, ConnectionError, CustomerError, Host, NewConnection};

use crate::customers::{self, NewCustomer};
use crate::demo::merchant::{self, Account};
use crate::invoices::{self, NewInvoice};
use crate::options::{Gateway, Seed};
use crate::tables::{self, TableError};

/// The tenant everything seeded belongs to.
pub(crate) const ORGANIZATION: &str = "acme";
/// The customer who owes the seeded invoices.
pub(crate) const CUSTOMER: &str = "customer-1";
const INVOICES: [(i64, &str); 3] = [
    (20_012, "Plan Basic, November"),
    (149_900, "Plan Business, November"),
    (5_500, "SMS, 100 pieces"),
];

/// What was planted, now or at an earlier start.
#[derive(Debug, Default)]
pub(crate) struct Seeded {
    pub(crate) connection: Option<ConnectionCode>,
    /// An invoice to try things with.
    pub(crate) invoice: Option<String>,
}

/// Why the seed could not be planted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The environment names no merchant account.
    #[error("{}", merchant::NO_CREDENTIALS)]
    NoCredentials,
    /// A seeded name is not accepted.
    #[error(transparent)]
    Name(#[from] InvalidIdentifier),
    /// The connection is not accepted.
    #[error("the seeded connection")]
    Connection(#[from] ConnectionError),
    /// The customer is not accepted.
    #[error("the seeded customer")]
    Customer(#[from] CustomerError),
    /// The tables cannot be written.
    #[error("the seeded rows")]
    Tables(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<TableError> for SeedError {
    fn from(error: TableError) -> Self {
        Self::Tables(error.into())
    }
}

/// Plants what is not there yet. A connection that is there gets the settings of this start, since
/// a simulator's address or a secret may have changed.
pub(crate) async fn plant(
    host: &Host<AnyStore>,
    gateway: &Gateway,
    simulator_url: Option<&str>,
    seed: Seed,
) -> Result<Seeded, SeedError> {
    if seed == Seed::Nothing {
        return Ok(Seeded::default());
    }
    // Of processes that start at once, one plants and the others find.
    let turn = tables::take_turn(host.store()).await?;
    let organization = OrganizationId::new(ORGANIZATION)?;
    let account = merchant::account(gateway, simulator_url).ok_or(SeedError::NoCredentials)?;
    let Account {
        code,
        name,
        settings,
    } = account;
    let code = ConnectionCode::new(code)?;
    let provider = ProviderId::new(merchant::PROVIDER)?;
    match host.connection(&organization, &code).await {
        Ok(_) => {
            host.replace_settings(&organization, &code, &settings)
                .await?;
        }
        Err(ConnectionError::NotFound) => {
            let (organization, code) = (organization.clone(), code.clone());
            let new = NewConnection::new(organization, provider.clone(), code, name, settings);
            host.add_connection(new).await?;
        }
        Err(error) => return Err(error.into()),
    }
    let moves_money = matches!(
        gateway,
        Gateway::Real {
            environment: Environment::Production,
            ..
        }
    );
    let invoice = if moves_money {
        None
    } else {
        debts(host, &organization, provider, &code).await?
    };
    drop(turn);
    Ok(Seeded {
        connection: Some(code),
        invoice,
    })
}

/// A customer and three invoices, unless the organization has invoices.
async fn debts(
    host: &Host<AnyStore>,
    organization: &OrganizationId,
    provider: ProviderId,
    code: &ConnectionCode,
) -> Result<Option<String>, SeedError> {
    let store = host.store();
    if invoices::count(store, organization).await? > 0 {
        let known = invoices::list(store, Some(organization)).await?;
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
    let (saved, _) = customers::save(store, &customer).await?;
    host.link_customer(customer.link(code.clone())).await?;
    let mut first = None;
    for (paise, purpose) in INVOICES {
        let new = NewInvoice {
            organization: organization.clone(),
            customer_id: saved.id.clone(),
            amount: Money::from_minor_units(paise, Currency::INR),
            purpose: purpose.to_owned(),
        };
        let id = invoices::insert(store, &new).await?;
        first.get_or_insert(id);
    }
    Ok(first)
}
