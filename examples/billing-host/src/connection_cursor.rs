//! Cursors in lists of connections: the organization and the code of the last connection of a page.

use data_encoding::BASE64URL_NOPAD;
use payment_provider_core::{ConnectionCode, OrganizationId};
use payment_provider_host::ConnectionRef;

/// Returns the cursor after a connection.
pub(crate) fn format(last: &ConnectionRef) -> String {
    // Identifiers contain no spaces.
    BASE64URL_NOPAD.encode(format!("{} {}", last.organization, last.code).as_bytes())
}

/// Parses a cursor.
pub(crate) fn parse(text: &str) -> Option<ConnectionRef> {
    let text = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (organization, code) = text.split_once(' ')?;
    Some(ConnectionRef::new(
        OrganizationId::new(organization).ok()?,
        ConnectionCode::new(code).ok()?,
    ))
}
