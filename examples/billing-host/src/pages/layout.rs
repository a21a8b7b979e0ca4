//! Layout that all pages share.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use payment_provider_core::Violations;

use crate::session::Session;
use crate::state::App;

/// Data of the layout: title, navigation and live updates.
pub(super) struct Layout {
    pub(super) title: String,
    /// Current section. `None` hides the navigation, for visitors who are not signed in.
    pub(super) section: Option<Section>,
    /// CSRF token of the forms on the page.
    pub(super) token: String,
    /// Path of the event stream that updates the page.
    pub(super) live: Option<String>,
}

/// A section of the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Invoices,
    Customers,
    Connections,
}

impl Section {
    pub(super) const ALL: [Self; 3] = [Self::Invoices, Self::Customers, Self::Connections];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Invoices => "/",
            Self::Customers => "/customers",
            Self::Connections => "/connections",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Invoices => "Invoices",
            Self::Customers => "Customers",
            Self::Connections => "Connections",
        }
    }
}

impl Layout {
    pub(super) fn new(title: &str, section: Section, session: &Session, app: &App) -> Self {
        Self {
            section: Some(section),
            ..Self::for_visitor(title, session, app)
        }
    }

    /// Returns the layout for a visitor who is not signed in.
    pub(super) fn for_visitor(title: &str, session: &Session, app: &App) -> Self {
        Self {
            token: session.token(app.sessions.key()),
            ..Self::bare(title)
        }
    }

    /// Returns the layout of a page without forms and navigation.
    pub(super) fn bare(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            section: None,
            token: String::new(),
            live: None,
        }
    }

    pub(super) fn with_live(mut self, path: impl Into<String>) -> Self {
        self.live = Some(path.into());
        self
    }

    pub(super) fn is_current(&self, section: Section) -> bool {
        self.section == Some(section)
    }
}

/// Renders a form page: 422 with violations, else 200.
pub(super) fn form_page(violations: &Violations, template: &impl Template) -> Response {
    let status = if violations.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page(status, template)
}

/// Renders a page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            rendering_failed()
        }
    }
}

/// Returns the page for a template that failed to render.
fn rendering_failed() -> Response {
    let text = "<!doctype html><title>Error</title><p>The page could not be shown.";
    (StatusCode::INTERNAL_SERVER_ERROR, Html(text)).into_response()
}
