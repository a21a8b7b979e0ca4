//! Whom invoices are addressed to.

mod linking;
mod table;

pub(crate) use linking::{CODE, Kept, keep};
pub(crate) use table::{Customer, MOST_LISTED, NewCustomer, Saved, find, find_by_id, list, save};
