//! The settings that a host requests from an operator to connect an account, and their values.

mod address;
mod binding;
mod reader;
mod schema;
mod values;

pub use binding::SecretBinding;
pub use reader::SettingsReader;
pub use schema::{SettingChoice, SettingField, SettingKind, SettingsSchema};
pub use values::{ConnectionSettings, SettingValue};
