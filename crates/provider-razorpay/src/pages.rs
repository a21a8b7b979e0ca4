//! Lists that the API returns in pages of `count` entries, from the entry `skip` on:
//! <https://razorpay.com/docs/api/refunds/fetch-multiple-refund-payment/>.

use payment_provider_core::{Effect, ProviderErrorKind};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::reexport::RawValue;
use payment_provider_http::{CallError, Deadline, GatewayClient, Request, Response};
use serde::Deserialize;

/// Maximum number of entries on one page.
const PAGE: usize = 100;

/// Default page size of the API: a shorter page is the last one.
const SURELY_LAST: usize = 10;

/// Maximum number of pages of one list.
const MOST_PAGES: usize = 20;

/// An entry of a list.
pub(crate) trait Entry {
    /// The name of the id in errors.
    const ID: &'static str;

    /// Returns true if both entries have the same id.
    fn is_same(&self, other: &Self) -> bool;

    /// Returns true if parts are equal that cannot change.
    fn agrees(&self, other: &Self) -> bool;
}

/// The first request of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstPage {
    /// Names no page, because it is not documented that this list has pages.
    Unnamed,
    /// Names the largest page.
    Largest,
}

/// A list, in the form of all lists but those of links.
#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow, default)]
    items: Raw<'a>,
}

/// Reads all pages of a list, without duplicates.
///
/// Entries may be added while the pages are read, and a gateway may return smaller pages than
/// requested: each page begins after the entries that are known, and a page without a new entry is
/// the last one.
pub(crate) async fn all<'r, T: Entry + Send>(
    gateway: &GatewayClient,
    request: impl Fn() -> Request<'r> + Send + Sync,
    first: FirstPage,
    deadline: Deadline,
    read: impl Fn(&RawValue) -> Result<T, Unreadable> + Send + Sync,
) -> Result<Vec<T>, CallError> {
    let mut entries: Vec<T> = Vec::new();
    for number in 0..MOST_PAGES {
        let mut call = request();
        if number > 0 || first == FirstPage::Largest {
            call = call.with_query("count", PAGE.to_string());
        }
        if number > 0 {
            call = call.with_query("skip", entries.len().to_string());
        }
        let read = |response: &Response| page(response, &read);
        let page = match gateway.read(&call, deadline, read).await {
            // If the list has no pages, the first response was complete.
            Err(error) if first == FirstPage::Unnamed && number > 0 && knows_no_pages(&error) => {
                return Ok(entries);
            }
            outcome => outcome.map_err(known)?,
        };
        let (length, before) = (page.len(), entries.len());
        for entry in page {
            add(&mut entries, entry)?;
        }
        if length < SURELY_LAST || entries.len() == before {
            return Ok(entries);
        }
    }
    let what = Unreadable("list within the limit of pages");
    Err(CallError::unreadable(what, None))
}

fn page<T>(
    response: &Response,
    read: impl Fn(&RawValue) -> Result<T, Unreadable>,
) -> Result<Vec<T>, Unreadable> {
    let collection: Collection<'_> = json::body(&response.body)?;
    let items = json::array("items", collection.items)?;
    items.into_iter().map(read).collect()
}

/// Returns true if the gateway refuses the list because a page was requested.
fn knows_no_pages(error: &CallError) -> bool {
    matches!(
        error.kind,
        ProviderErrorKind::Refused | ProviderErrorKind::InvalidRequest
    )
}

/// Converts "not found" into a temporary error: the gateway named the owner of the list before, so
/// this is not about the checkout.
fn known(mut error: CallError) -> CallError {
    if error.kind == ProviderErrorKind::NotFound {
        error.kind = ProviderErrorKind::Unavailable;
        error.effect = Effect::MaybeApplied;
    }
    error
}

/// Adds an entry unless an earlier page had it. The later version of an entry replaces the earlier
/// one.
fn add<T: Entry>(entries: &mut Vec<T>, entry: T) -> Result<(), CallError> {
    match entries.iter_mut().find(|known| known.is_same(&entry)) {
        None => entries.push(entry),
        Some(known) if known.agrees(&entry) => *known = entry,
        Some(_) => return Err(CallError::unreadable(Unreadable(T::ID), None)),
    }
    Ok(())
}
