//! What all pages have in common.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::notice;
use super::session::Session;
use crate::state::App;

/// The frame of a page.
pub(super) struct Layout {
    pub(super) title: String,
    /// Which entry of the navigation is current; none of them is shown to visitors.
    pub(super) section: Option<Section>,
    /// The token that forms of the page bring along.
    pub(super) token: String,
    /// Where the page's news come from.
    pub(super) live: Option<String>,
}

/// An entry of the navigation.
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
            ..Self::of_visitor(title, session, app)
        }
    }

    /// The frame for somebody who is not signed in.
    pub(super) fn of_visitor(title: &str, session: &Session, app: &App) -> Self {
        Self {
            token: session.token(app.sessions.key()),
            ..Self::bare(title)
        }
    }

    /// The frame of a page without forms.
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

/// A page as an answer.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            notice::broken()
        }
    }
}
