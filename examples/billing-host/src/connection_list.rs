//! All connections, for lists and choices that show every one.

use payment_provider_core::OrganizationId;
use payment_provider_host::connections::Connection;
use payment_provider_host::page::PageRequest;
use payment_provider_host::{Error, Host};

/// The length of the pages that are read.
const PAGE: u32 = 500;

/// Returns the connections of one organization or of all.
pub(crate) async fn all_connections(
    host: &Host,
    organization: Option<&OrganizationId>,
) -> Result<Vec<Connection>, Error> {
    let mut request = PageRequest::first(PAGE);
    let mut all = Vec::new();
    loop {
        let page = host.connections(organization, &request).await?;
        all.extend(page.items);
        let Some(next) = page.next else {
            return Ok(all);
        };
        request = request.after(next);
    }
}
