//! API credentials, derived from the number of a merchant account.

use payment_provider_conformance::MerchantAccount;

/// Returns the API key of an account.
pub(crate) fn api_key(account: &MerchantAccount) -> String {
    format!("acme_key_{:06}", account.number)
}

/// Returns the API secret of an account. It is unrelated to the secrets of its webhooks.
pub(crate) fn api_secret(account: &MerchantAccount) -> String {
    format!("acme_secret_{:06}_qvzxkj", account.number)
}
