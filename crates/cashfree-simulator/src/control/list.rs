//! Lists in pages: a page ends with the cursor of the next one.

use std::collections::BTreeMap;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::reply::json_response;
use crate::control_error::ControlError;

/// Length of a page if the request sets none.
const DEFAULT_LIMIT: usize = 100;
/// Longest page.
const MAX_LIMIT: usize = 500;

/// The page that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    limit: usize,
    /// Number of the last item of the page before.
    after: u64,
}

impl Page {
    /// Reads the query parameters `limit` and `after`.
    pub(super) fn of(query: Option<&str>) -> Result<Self, ControlError> {
        let mut page = Self {
            limit: DEFAULT_LIMIT,
            after: 0,
        };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "limit" => {
                    let limit = value.parse().ok();
                    page.limit = limit
                        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                        .ok_or_else(|| invalid("limit", "must be a whole number from 1 to 500"))?;
                }
                "after" => {
                    page.after = value
                        .parse()
                        .map_err(|_| invalid("after", "must be the `next` of an earlier page"))?;
                }
                _ => {}
            }
        }
        Ok(page)
    }

    /// Responds with the items of the page under one name, and with the cursor of the next page: null on the last.
    ///
    /// `items` are in the order of their numbers, which an item never changes. `show` is called for the items of the
    /// page only.
    pub(super) fn respond<I, T: Serialize>(
        self,
        name: &'static str,
        items: impl Iterator<Item = (u64, I)>,
        show: impl Fn(I) -> T,
    ) -> Response {
        let mut later = items.filter(|(number, _)| *number > self.after).peekable();
        let (mut shown, mut last) = (Vec::new(), self.after);
        while shown.len() < self.limit
            && let Some((number, item)) = later.next()
        {
            shown.push(show(item));
            last = number;
        }
        let next = later.peek().map(|_| last.to_string());
        // Strings, numbers and lists of them: serializing cannot fail.
        let shown = serde_json::to_value(shown).unwrap_or_default();
        let body = BTreeMap::from([(name, shown), ("next", Value::from(next))]);
        json_response(StatusCode::OK, &body)
    }
}

/// Numbers the items of a list from which none is ever removed.
pub(super) fn numbered<T>(items: &[T]) -> impl Iterator<Item = (u64, &T)> {
    (1..).zip(items)
}

fn invalid(field: &str, problem: &str) -> ControlError {
    ControlError {
        status: 422,
        ..ControlError::invalid(field, problem)
    }
}
