//! Connections: their forms are drawn from what each gateway says of itself.

mod edit;
mod list;
mod make;
mod one;
mod secrets;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::routing::get;
use payment_provider_core::{ConnectionCode, OrganizationId, ProviderDescriptor};
use payment_provider_host::{Connection, ConnectionError};

use crate::problem::Problem;
use crate::state::App;

/// Everything under `/connections`.
pub(super) fn router() -> Router<App> {
    let one = Router::new()
        .route("/", get(one::show))
        .route("/check", get(one::back).post(one::check))
        .route("/enabled", get(one::back).post(one::enable))
        .route("/settings", get(edit::form).post(edit::save))
        .route("/rotate", get(one::back).post(secrets::rotate))
        .route("/retire", get(one::back).post(secrets::retire))
        .route("/retry", get(one::back).post(one::retry));
    Router::new()
        .route("/connections", get(list::list))
        .route("/new-connection", get(make::choose))
        .route(
            "/new-connection/{provider}",
            get(make::blank).post(make::add),
        )
        .nest("/connections/{organization}/{code}", one)
}

/// The names of a connection in an address.
type Names = Result<Path<(String, String)>, PathRejection>;

/// The connection that an address names.
async fn named(app: &App, names: Names) -> Result<Connection, Problem> {
    let missing = || Problem::not_found("connection");
    let Path((organization, code)) = names.map_err(|_| missing())?;
    let organization = OrganizationId::new(organization).map_err(|_| missing())?;
    let code = ConnectionCode::new(code).map_err(|_| missing())?;
    Ok(app.host.connection(&organization, &code).await?)
}

/// The address of a connection's page.
fn path_of(connection: &Connection) -> String {
    let mut url = url::Url::parse("http://host/connections")
        .unwrap_or_else(|_| unreachable!("the text is an address"));
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend([connection.organization.as_str(), connection.code.as_str()]);
    }
    url.path().to_owned()
}

/// What the gateway of a connection says of itself.
fn descriptor<'a>(
    app: &'a App,
    connection: &Connection,
) -> Result<&'a ProviderDescriptor, Problem> {
    let factory = app.host.registry().get(&connection.provider);
    let factory = factory.map_err(ConnectionError::from)?;
    Ok(factory.descriptor())
}
