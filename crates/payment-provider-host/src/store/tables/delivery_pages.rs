//! Pages of the inbox.

use payment_provider_core::{ConnectionCode, OrganizationId};

use super::deliveries::{DeliveryRow, shown};
use crate::delivery_state::DeliveryState;
use crate::store::row::Row;
use crate::store::statement::statement;
pub(in crate::store) use crate::store::two_texts::{PAGE, PAGE_IN_STATE};
use crate::store::{Result, Store};

/// The deliveries of an organization that a page lists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InboxPage<'a> {
    pub organization: &'a OrganizationId,
    /// The connection; `None` for all connections of the organization.
    pub connection: Option<&'a ConnectionCode>,
    /// The state; `None` for any state.
    pub state: Option<DeliveryState>,
    /// Only deliveries with keys less than this one.
    pub before: i64,
    /// The length of the page.
    pub limit: i64,
}

impl Store {
    /// Returns a page of deliveries, newest first, without their bodies, each with the code of its
    /// connection. Events of another version of this crate that cannot be read are left out.
    pub(crate) async fn delivery_page(
        &self,
        page: InboxPage<'_>,
    ) -> Result<Vec<(ConnectionCode, DeliveryRow)>> {
        let text = match page.state {
            None => &PAGE,
            Some(_) => &PAGE_IN_STATE,
        };
        let mut find = statement!("read the inbox", text, page.organization, page.connection)
            .bind(page.before)
            .bind(page.limit);
        if let Some(state) = page.state {
            find = find.bind(state.as_str());
        }
        let read = |row: &Row<'_>| Ok((row.parsed("code")?, shown(row)?));
        self.fetch_all(find, read).await
    }
}
