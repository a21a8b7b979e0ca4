//! What a host asks an operator for to connect an account, and what the operator gave.

mod address;
mod reader;
mod schema;
mod values;

pub use reader::SettingsReader;
pub use schema::{SettingChoice, SettingField, SettingKind, SettingsSchema};
pub use values::{ConnectionSettings, SettingValue};
