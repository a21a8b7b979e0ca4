//! Customers: who they are, how they pay, and what the gateway still needs of them.

mod form;
mod list;

pub(super) use form::{add, blank, edit, save};
pub(super) use list::list;
