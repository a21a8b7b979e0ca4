//! Connections: their forms are drawn from what each gateway says of itself.

mod create;
mod detail;
mod list;

mod secrets;
mod settings;

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
        .route("/", get(detail::show))
        .route("/check", get(detail::back).post(detail::check))
        .route("/enabled", get(detail::back).post(detail::enable))
        .route("/settings", get(settings::form).post(settings::save))
        .route("/rotate", get(detail::back).post(secrets::rotate))
        .route("/retire", get(detail::back).post(secrets::retire))
        .route("/retry", get(detail::back).post(detail::retry));
    Router::new()
        .route("/connections", get(list::list))
        .route("/new-connection", get(create::choose))
        .route(
            "/new-connection/{provider}",
            get(create::blank).post(create::add),
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
