use payment_provider_core::{ConnectionCode, OrganizationId};

use super::Connection;
use crate::Host;
use crate::store::StoreError;

/// Which connection: no two have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ConnectionKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
}

impl ConnectionKey {
    /// Both are needed.
    pub const fn new(organization: OrganizationId, code: ConnectionCode) -> Self {
        Self { organization, code }
    }

    /// Organization and code after which a page begins, the former to be left out of account where
    /// the page is of one organization alone. No name is empty, so all come after empty ones.
    pub(crate) fn bounds<'a>(
        after: Option<&'a Self>,
        within: Option<&OrganizationId>,
    ) -> (&'a str, &'a str) {
        let is_here = |key: &&Self| within.is_none_or(|within| *within == key.organization);
        after.filter(is_here).map_or(("", ""), |key| {
            (key.organization.as_str(), key.code.as_str())
        })
    }
}

/// Some of many connections.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectionPage {
    /// By organization, then by code.
    pub connections: Vec<Connection>,
    /// After which one the next page begins; `None` if this is the last.
    pub next: Option<ConnectionKey>,
}

impl Host {
    /// At most so many connections of one organization, or of all of them, after the one with this
    /// key; the first ones without. A page costs the same however many there are, and wherever it is.
    pub async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionKey>,
        limit: u32,
    ) -> Result<ConnectionPage, StoreError> {
        let store = &self.inner.store;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_organization_is_the_beginning_of_this_one() {
        let (a, b) = (
            OrganizationId::new("a").unwrap(),
            OrganizationId::new("b").unwrap(),
        );
        let key = ConnectionKey::new(a.clone(), ConnectionCode::new("x").unwrap());
        let bounds = |within| ConnectionKey::bounds(Some(&key), within);
        assert_eq!(bounds(None), ("a", "x"));
        assert_eq!(bounds(Some(&a)), ("a", "x"));
        assert_eq!(bounds(Some(&b)), ("", ""));
        assert_eq!(ConnectionKey::bounds(None, Some(&a)), ("", ""));
    }
}
