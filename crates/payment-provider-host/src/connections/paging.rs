//! Pages of connections.

use payment_provider_core::OrganizationId;

use super::{Connection, Connections};
use crate::connection_ref::ConnectionRef;
use crate::error::Error;
use crate::store::ConnectionRow;

/// A page of connections.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectionPage {
    /// The connections, by organization and then by code.
    pub connections: Vec<Connection>,
    /// The connection after which the next page begins; `None` if this is the last page.
    pub next: Option<ConnectionRef>,
}

impl Connections {
    /// Returns at most `limit` connections of one organization, or of all of them, after the
    /// connection `after`; without it, the first ones. The cost of a page depends neither on the
    /// number of connections nor on the position of the page.
    pub(crate) async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionRef>,
        limit: u32,
    ) -> Result<ConnectionPage, Error> {
        let store = &self.store;
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        // One row more than the page holds shows whether there is a next page.
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows = store.connections_after(organization, after, most).await?;
        let has_next = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_next).map(ConnectionRow::to_ref);
        Ok(ConnectionPage {
            connections: self.shown_all(rows).await?,
            next,
        })
    }
}
