//! Pages for connections. Their forms are built from the settings schema of each gateway.

mod actions;
mod create;
mod detail;
mod list;
mod retirement;
mod secrets;
mod settings;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::routing::get;
use payment_provider_core::{ConnectionCode, Environment, OrganizationId, ProviderDescriptor};
use payment_provider_host::ConnectionRef;
use payment_provider_host::connections::Connection;

use crate::problem::Problem;
use crate::state::App;

/// Returns the routes for connections.
pub(super) fn router() -> Router<App> {
    let connection = Router::new()
        .route("/", get(detail::show))
        .route("/check", get(actions::redirect).post(actions::check))
        .route(
            "/enabled",
            get(actions::redirect).post(actions::set_enabled),
        )
        .route("/settings", get(settings::form).post(settings::save))
        .route("/rotate", get(actions::redirect).post(secrets::rotate))
        .route("/retire", get(retirement::confirm).post(secrets::retire))
        .route("/retry", get(actions::redirect).post(actions::replay));
    Router::new()
        .route("/connections", get(list::list))
        .route("/new-connection", get(create::choose_gateway))
        .route(
            "/new-connection/{provider}",
            get(create::form).post(create::add),
        )
        .nest("/connections/{organization}/{code}", connection)
}

/// Organization and connection code as extracted from the path of a request.
type PathNames = Result<Path<(String, String)>, PathRejection>;

/// Returns the connection that a request path names.
async fn from_path(app: &App, names: PathNames) -> Result<Connection, Problem> {
    let missing = || Problem::not_found("connection");
    let Path((organization, code)) = names.map_err(|_| missing())?;
    let organization = OrganizationId::new(organization).map_err(|_| missing())?;
    let code = ConnectionCode::new(code).map_err(|_| missing())?;
    let connection = ConnectionRef::new(organization, code);
    Ok(app.host.connection(&connection).await?)
}

/// Returns the path of a connection's page.
fn path_of(connection: &Connection) -> String {
    path_to(&connection.to_ref())
}

fn path_to(connection: &ConnectionRef) -> String {
    let mut url = url::Url::parse("http://host/connections")
        .unwrap_or_else(|_| unreachable!("the text is a URL"));
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend([connection.organization.as_str(), connection.code.as_str()]);
    }
    url.path().to_owned()
}

/// Returns the descriptor of a connection's gateway.
fn descriptor<'a>(
    app: &'a App,
    connection: &Connection,
) -> Result<&'a ProviderDescriptor, Problem> {
    let factory = app.host.registry().get(&connection.provider);
    Ok(factory.map_err(|error| Problem::from(&error))?.descriptor())
}

fn is_production(connection: &Connection) -> bool {
    connection.environment == Environment::Production
}
