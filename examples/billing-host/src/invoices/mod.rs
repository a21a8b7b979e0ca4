//! What is owed: the application's table of invoices, what payments do to it, and asking for money.

mod asking;
mod handler;
mod table;
mod voiding;

pub(crate) use asking::{ask, payable_of};
pub(crate) use handler::InvoiceHandler;
pub(crate) use table::{Invoice, NewInvoice, count, find, insert, latest, list};
pub(crate) use voiding::void;
