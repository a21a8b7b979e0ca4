//! Pages of connections.

use payment_provider_core::OrganizationId;

use super::{Connection, Connections};
use crate::connection_ref::ConnectionRef;
use crate::error::Error;
use crate::page::{Page, PageCursor, PageRequest};
use crate::store::ConnectionRow;

impl Connections {
    /// Returns a page of the connections of one organization or of all, by organization and then by
    /// code. The cost of a page depends neither on the number of connections nor on the position of the
    /// page.
    pub(crate) async fn connections(
        &self,
        organization: Option<&OrganizationId>,
        request: &PageRequest,
    ) -> Result<Page<Connection>, Error> {
        let after = request.after.as_ref().map(read_key).transpose()?;
        let mut rows = self
            .store
            .connections_after(organization, after.as_ref(), request.rows())
            .await?;
        let has_next = request.cut(&mut rows);
        let next = rows.last().filter(|_| has_next).map(end);
        Ok(Page {
            items: self.shown_all(rows).await?,
            next,
        })
    }
}

fn end(row: &ConnectionRow) -> PageCursor {
    let key = serde_json::json!([row.organization, row.code]);
    PageCursor::new(key.to_string())
}

fn read_key(end: &PageCursor) -> Result<ConnectionRef, Error> {
    let (organization, code) =
        serde_json::from_str(end.position()).map_err(|_| PageCursor::error_of_another_list())?;
    Ok(ConnectionRef::new(organization, code))
}
