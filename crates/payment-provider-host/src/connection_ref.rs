//! The identity of a connection.

use payment_provider_core::{ConnectionCode, OrganizationId};

/// The identity of a connection: its organization and its code.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// let organization = OrganizationId::new("acme")?;
/// let connection = ConnectionRef::new(organization, ConnectionCode::new("main")?);
/// assert_eq!(connection.code.as_str(), "main");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ConnectionRef {
    /// The organization that the connection belongs to.
    pub organization: OrganizationId,
    /// The code that identifies the connection within its organization.
    pub code: ConnectionCode,
}

impl ConnectionRef {
    /// Creates the identity of a connection.
    pub const fn new(organization: OrganizationId, code: ConnectionCode) -> Self {
        Self { organization, code }
    }

    /// Returns the organization and the code after which a page begins. For the first page both are
    /// empty: no name is empty, so every name comes after them. A connection of another
    /// organization than the page's also gives the first page.
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
        let key = ConnectionRef::new(a.clone(), ConnectionCode::new("x").unwrap());
        let bounds = |within| ConnectionRef::bounds(Some(&key), within);
        assert_eq!(bounds(None), ("a", "x"));
        assert_eq!(bounds(Some(&a)), ("a", "x"));
        assert_eq!(bounds(Some(&b)), ("", ""));
        assert_eq!(ConnectionRef::bounds(None, Some(&a)), ("", ""));
    }
}
