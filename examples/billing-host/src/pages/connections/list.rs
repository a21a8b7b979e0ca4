use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use payment_provider_host::connections::Connection;
use payment_provider_host::page::PageRequest;
use url::form_urlencoded;

use super::super::layout::{Layout, Section, page};
use super::super::page_links::{PageLinks, parameter};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::{descriptor, is_production, path_of};
use crate::state::App;

/// Number of connections on a page.
const PER_PAGE: u32 = 50;
/// Query parameter with the end of the page before.
const AFTER: &str = "after";

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    layout: Layout,
    rows: Vec<Row>,
    pages: PageLinks,
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
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> PageResult {
    let after = parameter(query.as_deref(), AFTER);
    let mut request = PageRequest::first(PER_PAGE);
    request.after = after.and_then(|after| after.parse().ok());
    let found = app.host.connections(None, &request).await?;
    let first = request.after.map(|_| ("/connections".to_owned(), "First"));
    let next = found.next.map(|next| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(AFTER, &next.to_string());
        (format!("/connections?{}", query.finish()), "More")
    });
    let layout = Layout::new("Connections", Section::Connections, &session, &app);
    let rows = found.items.iter().map(|it| Row::new(&app, it));
    let connections_page = ConnectionsPage {
        layout,
        rows: rows.collect(),
        pages: PageLinks::forwards("connections", first, next),
    };
    Ok(page(StatusCode::OK, &connections_page))
}
