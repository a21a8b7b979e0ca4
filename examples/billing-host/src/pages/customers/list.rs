use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use payment_provider_core::{CustomerId, OrganizationId};

use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::SignedIn;
use crate::customers::{self, Customer};
use crate::problem::Problem;
use crate::state::App;

#[derive(Template)]
#[template(path = "customers.html")]
struct CustomersPage {
    layout: Layout,
    rows: Vec<Row>,
    /// Whether there may be more.
    is_cut: bool,
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

/// Whether a customer can be asked for money.
enum Readiness {
    Ready,
    /// What is missing, each as a sentence.
    Needs(Vec<String>),
    /// They name a connection they are not linked to.
    NotLinked,
    /// They name no connection.
    NoConnection,
}

/// `GET /customers`
pub(in super::super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Response {
    match rows(&app).await {
        Ok(rows) => {
            let layout = Layout::new("Customers", Section::Customers, &session, &app);
            let is_cut = rows.len() >= customers::MAX_LISTED;
            let list = CustomersPage {
                layout,
                rows,
                is_cut,
            };
            page(StatusCode::OK, &list)
        }
        Err(problem) => notice::of_problem(&problem),
    }
}

async fn rows(app: &App) -> Result<Vec<Row>, Problem> {
    let mut rows = Vec::new();
    for customer in customers::list(app.host.store()).await? {
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
