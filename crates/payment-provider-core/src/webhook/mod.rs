//! Deliveries from the gateway: the raw requests, and their content after verification.

mod claim;
mod event;
mod keyring;
mod request;
mod signature;
mod verified;

pub use claim::{PaymentClaim, RefundClaim};
pub use event::{CheckoutSnapshot, Event, EventKind, EventTarget};
pub use keyring::HmacKeyring;
pub use request::WebhookRequest;
pub use signature::{MatchedSecret, SecretLabel, SignatureCheck, Verification};
pub use verified::{TimestampCheck, VerifiedWebhook, WebhookReply};
