#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
mod checkout;
mod clock;
mod customer;
mod dedup_key;
mod descriptor;
mod dispute;
mod environment;
mod error;
mod identifier;
#[cfg(feature = "mock")]
mod mock;
mod money;
mod payment;
mod pii;
mod provider;
mod refund;
mod refund_inquiry;
mod registry;
mod settings;
mod settlement;
mod signed_return;
mod violation;
mod webhook;

pub use check::{ConnectionCheck, CredentialCheck};
pub use checkout::{
    Cancellation, Checkout, CheckoutExtension, CheckoutLocator, CheckoutOptions, CheckoutRequest,
    CheckoutStatus, CreatedCheckout, NextAction, PartialPayments, PayerNotification, PaymentMethod,
    PreparedCheckout,
};
pub use clock::{Clock, SystemClock};
pub use customer::{Customer, CustomerLink};
pub use dedup_key::DedupKey;
pub use descriptor::{Capabilities, CheckoutLimits, CurrencySupport, ProviderDescriptor};
pub use dispute::{Dispute, DisputeStage, DisputeStatus};
pub use environment::{Environment, InvalidEnvironment};
pub use error::{
    Difference, Effect, Operation, ProviderError, ProviderErrorKind, RateLimit, RetryAdvice,
};
pub use identifier::{
    CheckoutReference, ConnectionCode, CustomerId, DeliveryId, DisputeId, Fingerprint,
    GatewayCheckoutId, InvalidIdentifier, OrderId, OrganizationId, PaymentId, ProviderId, RefundId,
    RefundReference, SettlementId,
};
#[cfg(feature = "mock")]
pub use mock::{MockPaymentProvider, MockProviderFactory, MockRefundInquiry};
pub use money::{Currency, Decimal, Money, MoneyError, UnknownCurrency};
pub use payment::{Payment, PaymentFailure, PaymentStatus};
pub use pii::Pii;
pub use provider::{PaymentProvider, ProviderFactory};
pub use refund::{Refund, RefundOrigin, RefundStatus};
pub use refund_inquiry::RefundInquiry;
pub use registry::{ProviderRegistry, RegisterError, UnknownProvider};
pub use settings::{
    ConnectionSettings, SecretBinding, SettingChoice, SettingField, SettingKind, SettingValue,
    SettingsReader, SettingsSchema,
};
pub use settlement::{Settlement, SettlementStatus};
pub use signed_return::{SignedReturns, VerifiedReturn};
pub use violation::{Violation, ViolationCode, Violations};
pub use webhook::{
    CheckoutSnapshot, Event, EventKind, EventTarget, HmacKeyring, MatchedSecret, PaymentClaim,
    RefundClaim, SecretLabel, SignatureCheck, TimestampCheck, Verification, VerifiedWebhook,
    WebhookReply, WebhookRequest,
};

/// The types of other crates that appear in this crate's public API, so that callers need not
/// declare those crates and their versions again.
pub mod reexport {
    pub use async_trait::async_trait;
    pub use bytes::Bytes;
    pub use http;
    pub use jiff;
    pub use secrecy;
    pub use url;
}
