//! Whom invoices are addressed to.

mod connection_link;
mod table;

pub(crate) use connection_link::{CODE, Kept, keep};
pub(crate) use table::{Customer, MOST_LISTED, NewCustomer, Saved, find, find_by_id, list, save};
