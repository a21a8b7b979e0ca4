use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::{CustomerId, OrganizationId};

use super::super::layout::{Layout, Section, page};
use super::super::page_links::{self, PageLinks};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use crate::customers::{self, Customer};
use crate::problem::Problem;
use crate::state::App;

/// Number of customers on a page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "customers.html")]
struct CustomersPage {
    layout: Layout,
    rows: Vec<Row>,
    pages: PageLinks,
}

struct Row {
    id: String,
    external_id: String,
    organization: String,
    name: String,
    email: String,
    phone: String,
    connection: Option<String>,
    readiness: Readiness,
}

/// Ability of a customer to pay.
enum Readiness {
    Ready,
    /// The gateway requires more data, each item described as a sentence.
    Needs(Vec<String>),
    /// The customer names a connection but is not linked to it.
    NotLinked,
    /// The customer names no connection.
    NoConnection,
}

/// `GET /customers`
pub(in super::super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> PageResult {
    let position = page_links::position(query.as_deref());
    let found = customers::page(&app.host, &position, PER_PAGE).await?;
    let pages = PageLinks::new("/customers", "customers", &found, &position);
    let customers_page = CustomersPage {
        layout: Layout::new("Customers", Section::Customers, &session, &app),
        rows: rows(&app, found.items).await?,
        pages,
    };
    Ok(page(StatusCode::OK, &customers_page))
}

async fn rows(app: &App, found: Vec<Customer>) -> Result<Vec<Row>, Problem> {
    let mut rows = Vec::new();
    for customer in found {
        rows.push(Row {
            readiness: readiness(app, &customer).await?,
            id: customer.id,
            external_id: customer.external_id,
            organization: customer.organization_id,
            name: customer.name.unwrap_or_default(),
            email: customer.email.unwrap_or_default(),
            phone: customer.phone.unwrap_or_default(),
            connection: customer.payment_provider_code,
        });
    }
    Ok(rows)
}

async fn readiness(app: &App, customer: &Customer) -> Result<Readiness, Problem> {
    let Some(code) = &customer.payment_provider_code else {
        return Ok(Readiness::NoConnection);
    };
    let organization = OrganizationId::new(customer.organization_id.as_str());
    let id = CustomerId::new(customer.external_id.as_str());
    let (Ok(organization), Ok(id)) = (organization, id) else {
        return Err(Problem::unavailable());
    };
    let linked = app.host.linked_customer(&organization, &id).await?;
    Ok(match linked {
        Some(linked) if linked.connection.as_str() == code => {
            let needs: Vec<_> = linked.needs.iter().map(ToString::to_string).collect();
            if needs.is_empty() {
                Readiness::Ready
            } else {
                Readiness::Needs(needs)
            }
        }
        _ => Readiness::NotLinked,
    })
}
