#![doc = include_str!("../README.md")]
// Structs that mirror the wire carry the wire's names.
#![allow(clippy::struct_field_names)]

mod api;
mod chaos;
mod clock;
mod config;
mod connection;
mod control;
mod control_error;
mod core;
mod dice;
mod endpoint;
mod faults;
mod html;
mod media_type;
mod merchant;
mod money;
mod money_text;
mod overview;
mod page;
mod retry;
mod server;
mod settings;
mod simulator;
mod stamp;
mod version;
mod webhook;
mod webhook_faults;
mod wire_id;
mod world;

pub use chaos::{ChaosError, ChaosProfile, ChaosTally};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{ConfigError, SimulatorConfig};
pub use control_error::ControlError;
pub use endpoint::{Endpoint, EndpointSnapshot, EventType, UnknownEventType};
pub use faults::{Fault, FaultRule, Operation, UnknownFault, UnknownOperation};
pub use merchant::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Merchant, MerchantSnapshot};
pub use money::{AmountError, Paise};
pub use retry::{RetryScale, RetryScaleError};
pub use server::RunningSimulator;
pub use settings::{Settings, WebhookSettings};
pub use simulator::Simulator;
pub use version::{ApiVersion, UnknownVersion, WebhookVersion};
pub use webhook::{DeliveryAttempt, DeliverySnapshot, DeliveryState, UnknownDeliveryState, sign};
pub use webhook_faults::{UnknownWebhookFault, WebhookFault, WebhookFaultRule};
pub use world::{
    Customer, DisputeSnapshot, DisputeStage, DisputeType, LinkSnapshot, LinkStatus, Method,
    OrderSnapshot, OrderStatus, PaymentAttempt, PaymentSnapshot, PaymentStatus, RefundSnapshot,
    RefundSpeed, RefundStatus, RefundType, SettlementStatus, UnknownDisputeStage,
    UnknownDisputeType, UnknownLinkStatus, UnknownMethod, UnknownOrderStatus, UnknownPaymentStatus,
    UnknownRefundSpeed, UnknownRefundStatus, UnknownRefundType, UnknownSettlementStatus,
};
