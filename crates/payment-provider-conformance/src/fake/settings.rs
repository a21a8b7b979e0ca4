//! The settings of one connected account.

use payment_provider_core::{
    ConnectionSettings, Environment, SettingChoice, SettingField, SettingKind, SettingsReader,
    SettingsSchema, Violations,
};
use secrecy::SecretString;

pub(super) const ACCOUNT: &str = "account";
pub(super) const SECRETS: &str = "secrets";
pub(super) const ENVIRONMENT: &str = "environment";

pub(super) fn schema() -> SettingsSchema {
    let choices = vec![
        SettingChoice::new("sandbox", "Sandbox (no money moves)"),
        SettingChoice::new("production", "Production"),
    ];
    SettingsSchema::new([
        SettingField::new(ACCOUNT, "Account", SettingKind::Text)
            .required()
            .with_max_length(64)
            .with_help("Any name. Each account has its own checkouts."),
        SettingField::new(SECRETS, "Webhook secrets", SettingKind::SecretList)
            .required()
            .with_help("The first secret that an account is connected with signs its deliveries."),
        SettingField::new(ENVIRONMENT, "Environment", SettingKind::Choice { choices })
            .with_default("sandbox"),
    ])
}

/// Parsed settings.
pub(super) struct Connection {
    pub(super) account: AccountKey,
    pub(super) secrets: Vec<SecretString>,
}

/// The key of an account. Environments share no account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AccountKey {
    pub(super) name: String,
    pub(super) environment: Environment,
}

impl Connection {
    pub(super) fn read(
        schema: &SettingsSchema,
        settings: &ConnectionSettings,
    ) -> Result<Self, Violations> {
        let read = SettingsReader::new(schema, settings);
        let name = read.text(ACCOUNT).unwrap_or_default().to_owned();
        let secrets = read.secrets(SECRETS);
        let environment = match read.text(ENVIRONMENT) {
            Some("production") => Environment::Production,
            _ => Environment::Sandbox,
        };
        read.finish()?;
        let account = AccountKey { name, environment };
        Ok(Self { account, secrets })
    }
}
