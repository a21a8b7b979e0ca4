use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use payment_provider_host::Connection;

use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::SignedIn;
use super::{descriptor, path_of};
use crate::state::App;

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    layout: Layout,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    name: String,
    gateway: String,
    organization: String,
    code: String,
    moves_money: bool,
    enabled: bool,
}

impl Row {
    fn of(app: &App, connection: &Connection) -> Self {
        let gateway = descriptor(app, connection).map_or_else(
            |_| format!("{} (not registered any more)", connection.provider),
            |descriptor| descriptor.display_name.clone(),
        );
        Self {
            path: path_of(connection),
            name: connection.name.clone(),
            gateway,
            organization: connection.organization.to_string(),
            code: connection.code.to_string(),
            moves_money: super::detail::moves_money(connection),
            enabled: connection.enabled,
        }
    }
}

/// `GET /connections`
pub(super) async fn list(State(app): State<App>, SignedIn(session): SignedIn) -> Response {
    match app.host.connections(None).await {
        Ok(connections) => {
            let layout = Layout::new("Connections", Section::Connections, &session, &app);
            let rows = connections.iter().map(|it| Row::of(&app, it)).collect();
            page(StatusCode::OK, &ConnectionsPage { layout, rows })
        }
        Err(error) => notice::of_problem(&error.into()),
    }
}
