//! Whom invoices are addressed to.

mod table;

pub(crate) use table::{Customer, NewCustomer, Saved, find, find_by_id, save};
