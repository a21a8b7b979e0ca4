//! Customers: who they are, how they pay, and what the gateway still needs of them.

mod edit;
mod list;

pub(super) use edit::{add, blank, edit, save};
pub(super) use list::list;
