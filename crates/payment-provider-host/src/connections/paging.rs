//! Pages of connections.

use payment_provider_core::OrganizationId;

use super::{Connection, Connections};
use crate::connection_key::ConnectionKey;
use crate::error::Error;

/// Some of many connections.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectionPage {
    /// By organization, then by code.
    pub connections: Vec<Connection>,
    /// After which one the next page begins; `None` if this is the last.
    pub next: Option<ConnectionKey>,
}

impl Connections {
    /// At most so many connections of one organization, or of all of them, after the one with this
    /// key; the first ones without. A page costs the same however many there are, and wherever it is.
    pub(crate) async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionKey>,
        limit: u32,
    ) -> Result<ConnectionPage, Error> {
        let store = &self.store;
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        // One more than is shown tells whether there is a next page.
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows = store.connections_after(organization, after, most).await?;
        let has_next = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| has_next)
            .map(|row| ConnectionKey::new(row.organization.clone(), row.code.clone()));
        Ok(ConnectionPage {
            connections: self.shown_all(rows).await?,
            next,
        })
    }
}
