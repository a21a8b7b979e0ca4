//! The identity of a connection.

use payment_provider_core::{ConnectionCode, OrganizationId};

/// The identity of a connection: its organization and its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ConnectionKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
}

impl ConnectionKey {
    /// Creates the identity of a connection.
    pub const fn new(organization: OrganizationId, code: ConnectionCode) -> Self {
        Self { organization, code }
    }

    /// Returns the organization and code after which a page begins. A key of another organization than
    /// the page's is the beginning: no name is empty, so all names come after empty ones.
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
