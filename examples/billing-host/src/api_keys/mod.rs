//! API keys of organizations. A key reaches one organization; the operator creates and revokes it.

mod key_text;
mod table;

pub(crate) use key_text::KeyText;
pub(crate) use table::{ApiKey, RevokeOutcome, create, list, organization_of, revoke};
