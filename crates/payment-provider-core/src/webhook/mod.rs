//! Deliveries from the gateway: what comes in, and what it means once verified.

mod event;
mod request;
mod verified;

pub use event::{CheckoutSnapshot, Event, EventKind, Subject};
pub use request::WebhookRequest;
pub use verified::{DeliveryKey, Freshness, SecretLabel, VerifiedWebhook, WebhookReply};
