//! Invoices: the application's table, and requesting and ending their payment.

mod creation;
mod handler;
mod lookup;
mod payment_url;
mod table;
mod void;

pub(crate) use creation::insert_once;
pub(crate) use handler::InvoiceHandler;
pub(crate) use lookup::{PathId, from_path, get};
pub(crate) use payment_url::{payable_of, payment_url};
pub(crate) use table::{Invoice, MAX_PURPOSE_CHARS, NewInvoice, count, find, insert, list, page};
pub(crate) use void::void;
