//! The pages, tested over HTTP without a browser.

mod attention;
mod client;
mod confirmations;
mod connections;
mod csrf;
mod form_keys;
mod html_escaping;
mod live_updates;
mod long_lists;
mod moved_addresses;
mod refused_webhooks;
mod several_gateways;
mod sign_in;
mod thanks;
