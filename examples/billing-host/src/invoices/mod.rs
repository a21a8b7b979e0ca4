//! What is owed: the application's table of invoices, and what payments do to it.

mod handler;
mod table;

pub(crate) use handler::InvoiceHandler;
pub(crate) use table::{Invoice, NewInvoice, Voiding, count, find, insert, list, void};
