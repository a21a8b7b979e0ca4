//! Links between the pages of a list.

use url::form_urlencoded;

use crate::list_position::{Page, Position};

/// Query parameter with the row that the page is older than.
const OLDER_THAN: &str = "before";
/// Query parameter with the row that the page is newer than.
const NEWER_THAN: &str = "after";

/// Links to the pages beside one.
pub(super) struct PageLinks {
    /// The listed objects, such as `invoices`.
    pub(super) what: &'static str,
    pub(super) is_first: bool,
    /// Path and text of each link.
    pub(super) links: Vec<(String, &'static str)>,
}

impl PageLinks {
    /// Returns the links of a list at `path` whose pages begin with the newest row.
    pub(super) fn new<T>(
        path: &'static str,
        what: &'static str,
        page: &Page<T>,
        position: &Position,
    ) -> Self {
        let is_first = *position == Position::Newest;
        let link = |position: &Position| format!("{path}{}", query(position));
        let mut links = Vec::new();
        if !is_first {
            links.push((path.to_owned(), "Latest"));
        }
        if let Some(id) = &page.newer {
            links.push((link(&Position::NewerThan(id.clone())), "Newer"));
        }
        if let Some(id) = &page.older {
            links.push((link(&Position::OlderThan(id.clone())), "Older"));
        }
        Self {
            what,
            is_first,
            links,
        }
    }

    /// Returns the links of a list that can be read forwards only.
    pub(super) fn forwards(
        what: &'static str,
        first: Option<(String, &'static str)>,
        next: Option<(String, &'static str)>,
    ) -> Self {
        Self {
            what,
            is_first: first.is_none(),
            links: first.into_iter().chain(next).collect(),
        }
    }
}

/// Returns the position that a query names. A value that is not an id is ignored, since it names no row.
pub(super) fn position(query: Option<&str>) -> Position {
    let is_id = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            OLDER_THAN if is_id(&value) => return Position::OlderThan(value.into_owned()),
            NEWER_THAN if is_id(&value) => return Position::NewerThan(value.into_owned()),
            _ => {}
        }
    }
    Position::Newest
}

/// Returns the query of a position, with its question mark.
pub(super) fn query(position: &Position) -> String {
    match position {
        Position::Newest => String::new(),
        Position::OlderThan(id) => format!("?{OLDER_THAN}={id}"),
        Position::NewerThan(id) => format!("?{NEWER_THAN}={id}"),
    }
}

/// Returns the value of a parameter in a query.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}
