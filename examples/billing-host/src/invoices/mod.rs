//! What is owed: the application's table of invoices, what payments do to it, and asking for money.

mod handler;
mod payment_url;
mod table;
mod void;

pub(crate) use handler::InvoiceHandler;
pub(crate) use payment_url::{ask, payable_of};
pub(crate) use table::{Invoice, NewInvoice, count, find, insert, latest, list};
pub(crate) use void::void;
