//! Pages for customers.

mod form;
mod list;

pub(super) use form::{add, edit_form, new_form, save};
pub(super) use list::list;
