//! Pages of lists.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use payment_provider_core::{ViolationCode, Violations};

use crate::error::Error;

/// The length of a page if a request names none.
const DEFAULT_LIMIT: u32 = 100;
/// The greatest length of a page.
const MAX_LIMIT: u32 = 500;

/// A page of a list.
///
/// # Examples
/// ```
/// # use payment_provider_host::{Error, Host, page::PageRequest, ConnectionRef};
/// # async fn all(host: &Host, connection: &ConnectionRef) -> Result<(), Error> {
/// let mut request = PageRequest::first(500);
/// loop {
///     let page = host.deliveries(connection, &request).await?;
///     println!("{} deliveries", page.items.len());
///     let Some(next) = page.next else { break };
///     request = request.after(next);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items on this page.
    pub items: Vec<T>,
    /// The end of this page, after which the next one begins; `None` if this is the last page.
    pub next: Option<PageCursor>,
}

/// The part of a list that is requested.
///
/// # Examples
/// ```
/// use payment_provider_host::page::PageRequest;
///
/// assert_eq!(PageRequest::default().limit, 100);
/// // A page has at most 500 items, whatever the request says.
/// assert_eq!(PageRequest::first(u32::MAX).limit, u32::MAX);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// The end of an earlier page ([`Page::next`]); `None` for the first page.
    pub after: Option<PageCursor>,
    /// The greatest number of items. A limit beyond 1 to 500 counts as the nearer of these two.
    pub limit: u32,
}

impl Default for PageRequest {
    /// Requests the first 100 items.
    fn default() -> Self {
        Self::first(DEFAULT_LIMIT)
    }
}

impl PageRequest {
    /// Requests at most so many of the first items.
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// Continues after an earlier page of the same list.
    pub fn after(mut self, cursor: PageCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Returns the number of rows to read: one more than the page holds, which shows whether there is a
    /// next page.
    pub(crate) fn rows(&self) -> i64 {
        i64::from(self.limit.clamp(1, MAX_LIMIT)) + 1
    }

    /// Cuts the [`rows`](Self::rows) that were read down to the page. Returns true if there is a next page.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>) -> bool {
        let length = usize::try_from(self.rows() - 1).unwrap_or(usize::MAX);
        let has_next = rows.len() > length;
        rows.truncate(length);
        has_next
    }
}

/// The end of a page. It is opaque, and can be passed on as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageCursor(String);

impl PageCursor {
    pub(crate) fn new(position: impl Into<String>) -> Self {
        Self(position.into())
    }

    pub(crate) fn position(&self) -> &str {
        &self.0
    }

    /// The error of a cursor that is the end of a page of another list.
    pub(crate) fn error_of_another_list() -> Error {
        let mut violations = Violations::none();
        let message = "is not the end of a page of this list";
        violations.push("after", ViolationCode::Invalid, message);
        violations.into()
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PageCursor {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_500_items() {
        let lengths = [0, 1, 500, 501, u32::MAX].map(|limit| PageRequest::first(limit).rows() - 1);
        assert_eq!(lengths, [1, 1, 500, 500, 500]);
    }

    #[test]
    fn the_last_page_has_no_next() {
        let request = PageRequest::first(2);
        let cut = |mut rows: Vec<i64>| (request.cut(&mut rows), rows);
        assert_eq!(cut(vec![1, 2, 3]), (true, vec![1, 2]));
        assert_eq!(cut(vec![1, 2]), (false, vec![1, 2]));
        assert_eq!(cut(vec![]), (false, vec![]));
    }
}
