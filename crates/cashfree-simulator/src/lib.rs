#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Structs that mirror the wire use the wire's field names.
#![allow(clippy::struct_field_names)]

mod api;
mod api_faults;
mod chaos;
mod clock;
mod config;
mod connection;
mod control;
mod control_error;
mod endpoint;
mod html;
mod media_type;
mod merchant;
mod money;
mod money_text;
mod operations;
mod overview;
mod page;
mod response;
mod retry;
mod rng;
mod router;
mod server;
mod settings;
mod shared;
mod signature;
mod simulator;
mod state;
mod timestamp;
mod version;
mod webhook;
mod webhook_faults;
mod wire_enum;
mod wire_id;

pub use api_faults::{ApiFault, ApiFaultRule, ApiOperation, UnknownApiFault, UnknownApiOperation};
pub use chaos::{ChaosError, ChaosProfile, ChaosTally};
pub use clock::{ManualClock, SimulatorClock, SystemClock};
pub use config::{ConfigError, SimulatorConfig};
pub use control_error::ControlError;
pub use endpoint::{Endpoint, EndpointSnapshot, EventType, UnknownEventType};
pub use merchant::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Merchant, MerchantSnapshot};
pub use money::{AmountError, Paise};
pub use operations::PaymentAttempt;
pub use retry::{RetryScale, RetryScaleError};
pub use server::RunningSimulator;
pub use settings::{Settings, WebhookSettings};
pub use signature::sign;
pub use simulator::Simulator;
pub use state::{
    Customer, DeliveryAttempt, DeliverySnapshot, DisputeSnapshot, DisputeStage, DisputeType,
    LinkSnapshot, LinkStatus, Method, OrderSnapshot, OrderStatus, PaymentSnapshot, PaymentStatus,
    RefundSnapshot, RefundSpeed, RefundStatus, RefundType, SettlementStatus, UnknownDisputeStage,
    UnknownDisputeType, UnknownLinkStatus, UnknownMethod, UnknownOrderStatus, UnknownPaymentStatus,
    UnknownRefundSpeed, UnknownRefundStatus, UnknownRefundType, UnknownSettlementStatus,
    UnknownWebhookDeliveryState, WebhookDeliveryState,
};
pub use version::{ApiVersion, UnknownVersion, WebhookVersion};
pub use webhook_faults::{UnknownWebhookFault, WebhookFault, WebhookFaultRule};
