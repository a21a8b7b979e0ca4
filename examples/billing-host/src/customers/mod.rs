//! Customers: the application's table, and their link to the connection they pay through.

mod connection_link;
mod table;

pub(crate) use connection_link::{CODE, SavedCustomer, save_and_link};
pub(crate) use table::{
    Customer, MAX_LISTED, NewCustomer, SaveOutcome, find, find_by_id, list, save,
};
