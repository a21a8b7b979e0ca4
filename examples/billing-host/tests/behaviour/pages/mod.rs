//! What people see and do on the pages, short of a browser.

mod access;
mod changes;
mod connections;
mod forgery;
mod markup;
mod person;
mod several_gateways;
