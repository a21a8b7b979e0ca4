//! The settings of one merchant account.

use std::fmt;

use http::HeaderValue;
use payment_provider_core::{
    ConnectionSettings, Environment, SettingChoice, SettingField, SettingKind, SettingsReader,
    SettingsSchema, Violation, ViolationCode, Violations,
};
use payment_provider_http::HttpConfig;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::phone::Phone;
use crate::url_rules;

const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET: &str = "client_secret";
const ENVIRONMENT: &str = "environment";
const BASE_URL: &str = "base_url";
const REDIRECT_URL: &str = "redirect_url";
const API_VERSION: &str = "api_version";
const MISSING_PHONE_NUMBER: &str = "missing_phone_number";
const LOW_TRUST_LIMITS: &str = "low_trust_limits";

/// The length of a return URL, from
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/create-payment-link>.
pub(crate) const MAX_RETURN_URL: usize = 250;

/// Base addresses, from
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/create-payment-link>.
const SANDBOX_URL: &str = "https://sandbox.cashfree.com/pg";
const PRODUCTION_URL: &str = "https://api.cashfree.com/pg";

pub(crate) fn schema() -> SettingsSchema {
    let environments = vec![
        SettingChoice::new("sandbox", "Sandbox (no money moves)"),
        SettingChoice::new("production", "Production"),
    ];
    let versions = vec![
        SettingChoice::new("2022-09-01", "2022-09-01"),
        SettingChoice::new("2023-08-01", "2023-08-01"),
        SettingChoice::new("2025-01-01", "2025-01-01"),
        SettingChoice::new("2026-01-01", "2026-01-01"),
    ];
    SettingsSchema::new([
        SettingField::new(CLIENT_ID, "Client ID", SettingKind::Text)
            .required()
            .binds_secrets()
            .with_help("Cashfree dashboard of the chosen environment, Developers > API Keys."),
        SettingField::new(CLIENT_SECRET, "Client secret", SettingKind::SecretList)
            .required()
            .with_help(
                "Shown next to the client ID. It can be rotated without a gap: the previous secret keeps \
                 verifying webhooks until it is retired.",
            ),
        SettingField::new(
            ENVIRONMENT,
            "Environment",
            SettingKind::Choice {
                choices: environments,
            },
        )
        .required()
        .binds_secrets()
        .with_help("The two environments have different keys."),
        SettingField::new(REDIRECT_URL, "Page after payment", SettingKind::Url)
            .with_max_length(MAX_RETURN_URL)
            .with_help("Page to which the payer's browser returns, unless a checkout names another one."),
        SettingField::new(
            MISSING_PHONE_NUMBER,
            "Phone for customers without one",
            SettingKind::Text,
        )
        .with_max_length(32)
        .with_help(
            "Cashfree requires a phone number for every payer. This number is sent for customers who \
             have none; without it, they cannot receive a payment link.",
        ),
        SettingField::new(
            API_VERSION,
            "API version",
            SettingKind::Choice { choices: versions },
        )
        .with_default("2025-01-01"),
        SettingField::new(BASE_URL, "Gateway address", SettingKind::Url)
            .with_environment_defaults(SANDBOX_URL, PRODUCTION_URL)
            .binds_secrets()
            .with_help(
                "Only for an address other than Cashfree's, such as a simulator: \
                 http://127.0.0.1:3001/pg. The host application decides which are allowed.",
            ),
        SettingField::new(
            LOW_TRUST_LIMITS,
            "Enforce unofficial limits",
            SettingKind::Flag,
        )
        .with_help(
            "Refuse amounts below 1 or above 1000000 before sending them. These limits are \
             unofficial.",
        ),
    ])
}

/// Settings that passed every check.
pub(crate) struct Account {
    pub(crate) client_id: HeaderValue,
    /// All secrets, never empty. Each verifies webhooks; the first one also authenticates calls.
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) call_secret: HeaderValue,
    pub(crate) environment: Environment,
    pub(crate) base_url: Url,
    pub(crate) api_version: HeaderValue,
    pub(crate) terms: Terms,
}

/// The merchant's choices for the checkouts of an account.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) environment: Environment,
    pub(crate) redirect_url: Option<Url>,
    pub(crate) missing_phone: Option<Phone>,
    pub(crate) low_trust_limits: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("environment", &self.environment)
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

/// Reads settings by the schema and reports all violations together.
pub(crate) fn read(
    schema: &SettingsSchema,
    settings: &ConnectionSettings,
    http: &HttpConfig,
) -> Result<Account, Violations> {
    let mut reader = SettingsReader::new(schema, settings);
    let environment = reader
        .text(ENVIRONMENT)
        .and_then(|text| text.parse::<Environment>().ok());
    // Until the environment is known, addresses are checked by the more lenient rules.
    let judged_as = environment.unwrap_or(Environment::Sandbox);

    let client_id = reader.text(CLIENT_ID).and_then(credential);
    if reader.text(CLIENT_ID).is_some() && client_id.is_none() {
        reject_credential(&mut reader, CLIENT_ID);
    }
    let secrets = reader.secrets(CLIENT_SECRET);
    let call_secret = secrets
        .first()
        .and_then(|secret| credential(secret.expose_secret()));
    let unfit = |secret: &SecretString| credential(secret.expose_secret()).is_none();
    if secrets.iter().any(unfit) {
        reject_credential(&mut reader, CLIENT_SECRET);
    }

    let base_url = reader.url(BASE_URL);
    if let Some(defect) = base_url
        .as_ref()
        .and_then(|url| url_rules::base_defect(url, judged_as, http))
    {
        reader.reject(BASE_URL, ViolationCode::Invalid, defect);
    }

    let redirect_url = reader.url(REDIRECT_URL);
    if let Some(url) = &redirect_url {
        if let Some(defect) = url_rules::defect(url, judged_as) {
            reader.reject(REDIRECT_URL, ViolationCode::Invalid, defect);
        } else if url.as_str().len() > MAX_RETURN_URL {
            let message = "must have at most 250 characters when percent-encoded";
            reader.reject(REDIRECT_URL, ViolationCode::TooLarge, message);
        }
    }

    let missing_phone_text = reader.text(MISSING_PHONE_NUMBER);
    let missing_phone = missing_phone_text.and_then(Phone::read);
    if missing_phone_text.is_some() && missing_phone.is_none() {
        let message = crate::phone::PHONE_RULE;
        reader.reject(MISSING_PHONE_NUMBER, ViolationCode::Invalid, message);
    }

    let api_version = reader
        .text(API_VERSION)
        .and_then(|version| HeaderValue::from_str(version).ok());
    let low_trust_limits = reader.flag(LOW_TRUST_LIMITS);
    reader.finish()?;

    // All values are present, because every required setting passed its check.
    let (Some(client_id), Some(call_secret), Some(environment), Some(base_url), Some(api_version)) =
        (client_id, call_secret, environment, base_url, api_version)
    else {
        let message = "is not consistent with the other settings";
        let violation = Violation::new(CLIENT_ID, ViolationCode::Invalid, message);
        return Err(Violations::one(violation));
    };
    Ok(Account {
        client_id,
        secrets,
        call_secret,
        environment,
        base_url,
        api_version,
        terms: Terms {
            environment,
            redirect_url,
            missing_phone,
            low_trust_limits,
        },
    })
}

/// Converts a credential into the header that carries it. Only visible ASCII is accepted, so that
/// the header holds exactly the credential.
fn credential(text: &str) -> Option<HeaderValue> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::from_str(text).ok().filter(|_| visible)?;
    value.set_sensitive(true);
    Some(value)
}

fn reject_credential(reader: &mut SettingsReader<'_>, field: &'static str) {
    let message = "must have only letters, digits and punctuation, without spaces";
    reader.reject(field, ViolationCode::Invalid, message);
}
