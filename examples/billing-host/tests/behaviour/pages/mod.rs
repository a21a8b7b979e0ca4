//! What people see and do on the pages, short of a browser.

mod client;
mod connections;
mod csrf;
mod html_escaping;
mod live_updates;

mod several_gateways;
mod sign_in;
