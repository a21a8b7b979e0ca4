use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use payment_provider_host::connections::Connection;

use super::super::layout::{Layout, Section, page};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::{descriptor, is_production, path_of};
use crate::connection_list::all_connections;
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
    is_production: bool,
    enabled: bool,
}

impl Row {
    fn new(app: &App, connection: &Connection) -> Self {
        let gateway = descriptor(app, connection).map_or_else(
            |_| format!("{} (no longer registered)", connection.provider),
            |descriptor| descriptor.display_name.clone(),
        );
        Self {
            path: path_of(connection),
            name: connection.name.clone(),
            gateway,
            organization: connection.organization.to_string(),
            code: connection.code.to_string(),
            is_production: is_production(connection),
            enabled: connection.enabled,
        }
    }
}

/// `GET /connections`
pub(super) async fn list(State(app): State<App>, SignedIn(session): SignedIn) -> PageResult {
    let connections = all_connections(&app.host, None).await?;
    let layout = Layout::new("Connections", Section::Connections, &session, &app);
    let rows = connections.iter().map(|it| Row::new(&app, it)).collect();
    Ok(page(StatusCode::OK, &ConnectionsPage { layout, rows }))
}
