//! Checkouts: the request, the form in which it is stored and sent, and the resulting state at the
//! gateway.

mod options;
mod prepared;
mod request;
mod state;

pub use options::{CheckoutExtension, CheckoutOptions, PayerNotification, PaymentMethod};
pub use prepared::PreparedCheckout;
pub use request::{CheckoutRequest, PartialPayments};
pub use state::{
    Cancellation, Checkout, CheckoutLocator, CheckoutStatus, CreatedCheckout, NextAction,
};
