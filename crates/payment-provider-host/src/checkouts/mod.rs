//! Asking for money so that there is never a second way to pay the same thing: derived references,
//! a plan made from what is known, requests stored before they are sent.

mod cancel;
mod close;
mod departure;
mod error;
mod outcome;
mod payment_url;
mod planner;
mod reference;
mod state;
mod stored_request;
mod unbooked;
mod view;

pub(crate) use cancel::locator;
pub use close::Closing;
pub use departure::{Departure, LeftCheckout};
pub use error::{CheckoutError, Refusal};
pub(crate) use payment_url::millis;
pub use payment_url::{PaymentUrl, UrlOrigin};
pub use state::CheckoutState;
pub(crate) use unbooked::summary;
