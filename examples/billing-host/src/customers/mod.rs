//! Customers: the application's table, and their link to the connection they pay through.

mod connection_link;
mod table;
mod words;

pub(crate) use connection_link::{CODE, link_and_begin_to_save, link_of, save_and_link};
pub(crate) use table::{
    Customer, NewCustomer, SaveOutcome, complete_words, find, find_by_id, page, save, search,
};
