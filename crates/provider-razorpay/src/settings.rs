//! The settings of one merchant account.

use std::fmt;

use data_encoding::BASE64;
use http::HeaderValue;
use payment_provider_core::{
    ConnectionSettings, Environment, SettingChoice, SettingField, SettingKind, SettingsReader,
    SettingsSchema, Violation, ViolationCode, Violations,
};
use payment_provider_http::{HttpConfig, url_rules};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

const KEY_ID: &str = "key_id";
const KEY_SECRET: &str = "key_secret";
const WEBHOOK_SECRETS: &str = "webhook_secrets";
const ENVIRONMENT: &str = "environment";
const RETURN_URL: &str = "return_url";
const CUSTOMERS: &str = "customers";
const UNFIT_DETAILS: &str = "unfit_customer_details";
const BASE_URL: &str = "base_url";

/// The base address of both modes; the key decides the mode:
/// <https://razorpay.com/docs/api/sandbox-setup/>.
const API_URL: &str = "https://api.razorpay.com/v1";
const API_HOST: &str = "api.razorpay.com";

/// Prefixes of keys, and the environments they belong to.
const PREFIXES: [(&str, Environment); 2] = [
    ("rzp_test_", Environment::Sandbox),
    ("rzp_live_", Environment::Production),
];

/// Number of letters and digits after the prefix of a key.
const KEY_LENGTH: usize = 14;

pub(crate) fn schema() -> SettingsSchema {
    let environments = vec![
        SettingChoice::new("sandbox", "Test mode (no money moves)"),
        SettingChoice::new("production", "Live mode"),
    ];
    let customers = vec![
        SettingChoice::new("remote", "Also stored at Razorpay"),
        SettingChoice::new("local", "Stored here only"),
    ];
    let unfit = vec![
        SettingChoice::new("leave_out", "Create the checkout without the detail"),
        SettingChoice::new("refuse", "Refuse the checkout"),
    ];
    SettingsSchema::new([
        SettingField::new(KEY_ID, "Key ID", SettingKind::Text)
            .required()
            .binds_secrets()
            .with_max_length(64)
            .with_help(
                "Razorpay dashboard, Account & Settings > API Keys. It begins with rzp_test_ in test mode and with \
                 rzp_live_ in live mode.",
            ),
        SettingField::new(KEY_SECRET, "Key secret", SettingKind::SecretList)
            .required()
            .with_help(
                "Shown once, when the key is generated. After replacing a key, keep the previous secret as the second \
                 one: it still verifies payers who return from pages created with it.",
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
        .with_help("Must match the mode of the key; each mode has separate keys and webhooks."),
        SettingField::new(WEBHOOK_SECRETS, "Webhook secrets", SettingKind::SecretList)
            .required()
            .with_help(
                "The secret entered for the webhook, which is not the key secret; one for each webhook with this \
                 address. Razorpay signs repetitions of older events with the secret of that time: keep a replaced \
                 secret for at least a day.",
            ),
        SettingField::new(RETURN_URL, "Page after payment", SettingKind::Url)
            .with_max_length(2048)
            .with_help("Page to which the payer's browser returns after a payment, unless a checkout names another one."),
        SettingField::new(CUSTOMERS, "Customers", SettingKind::Choice { choices: customers })
            .with_default("remote")
            .with_help(
                "Creates linked customers at Razorpay too. Payment links do not need this: each contains name, e-mail \
                 address and phone number.",
            ),
        SettingField::new(
            UNFIT_DETAILS,
            "Customer details that Razorpay refuses",
            SettingKind::Choice { choices: unfit },
        )
        .with_default("leave_out")
        .with_help(
            "Razorpay accepts names of 3 to 50 plain characters and phone numbers of 8 to 14 characters without long \
             runs of one digit. All details are optional, unless Razorpay requires one of this account. A longer name \
             is cut.",
        ),
        SettingField::new(BASE_URL, "Gateway address", SettingKind::Url)
            .with_environment_defaults(API_URL, API_URL)
            .binds_secrets()
            .with_help(
                "Only in test mode, for an address other than Razorpay's, such as a local test server: \
                 http://127.0.0.1:3002/v1. The host application decides which are allowed.",
            ),
    ])
}

/// Settings that passed every check.
pub(crate) struct Account {
    /// The `Authorization` header of each call.
    pub(crate) authorization: HeaderValue,
    /// Verify signed returns; never empty.
    pub(crate) key_secrets: Vec<SecretString>,
    /// Verify webhooks; never empty.
    pub(crate) webhook_secrets: Vec<SecretString>,
    pub(crate) base_url: Url,
    pub(crate) terms: Terms,
}

/// The merchant's choices for the checkouts of an account.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) environment: Environment,
    pub(crate) return_url: Option<Url>,
    /// Linking a customer also creates one at the gateway.
    pub(crate) remote_customers: bool,
    /// Customer details that the gateway would refuse are left out, instead of refusing the
    /// request.
    pub(crate) leave_out_unfit: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("terms", &self.terms)
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
    let key_id = reader.text(KEY_ID);
    check_key(key_id, environment, &mut reader);

    let key_secrets = reader.secrets(KEY_SECRET);
    let webhook_secrets = reader.secrets(WEBHOOK_SECRETS);
    check_secrets(&key_secrets, &webhook_secrets, &mut reader);

    // Until the environment is known, addresses are checked by the more lenient rules.
    let judged_as = environment.unwrap_or(Environment::Sandbox);
    let base_url = reader.url(BASE_URL);
    if judged_as == Environment::Production && settings.get(BASE_URL).is_some() {
        let message = "is only accepted in sandbox";
        reader.reject(BASE_URL, ViolationCode::Unsupported, message);
    } else if let Some(defect) = base_url
        .as_ref()
        .and_then(|url| http.base_defect(url, judged_as, &[API_HOST]))
    {
        reader.reject(BASE_URL, ViolationCode::Invalid, defect);
    }
    let return_url = reader.url(RETURN_URL);
    if let Some(defect) = return_url
        .as_ref()
        .and_then(|url| url_rules::defect(url, judged_as))
    {
        reader.reject(RETURN_URL, ViolationCode::Invalid, defect);
    }
    let remote_customers = reader.text(CUSTOMERS) == Some("remote");
    let leave_out_unfit = reader.text(UNFIT_DETAILS) != Some("refuse");
    reader.finish()?;

    // All values are present, because every required setting passed its check.
    let authorization = key_id
        .zip(key_secrets.first())
        .and_then(|(id, secret)| basic(id, secret));
    let (Some(environment), Some(authorization), Some(base_url)) =
        (environment, authorization, base_url)
    else {
        let message = "cannot be used as a credential";
        let violation = Violation::new(KEY_ID, ViolationCode::Invalid, message);
        return Err(Violations::one(violation));
    };
    Ok(Account {
        authorization,
        key_secrets,
        webhook_secrets,
        base_url,
        terms: Terms {
            environment,
            return_url,
            remote_customers,
            leave_out_unfit,
        },
    })
}

/// Returns the environment of a key; `None` if the text is not a key.
fn mode(key_id: &str) -> Option<Environment> {
    PREFIXES.iter().find_map(|(prefix, mode)| {
        let rest = key_id.strip_prefix(prefix)?;
        let plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (rest.len() == KEY_LENGTH && plain).then_some(*mode)
    })
}

fn check_key(
    key_id: Option<&str>,
    environment: Option<Environment>,
    reader: &mut SettingsReader<'_>,
) {
    let Some(key_id) = key_id else { return };
    match mode(key_id) {
        None => {
            let message = "must be rzp_test_ or rzp_live_ followed by 14 letters and digits";
            reader.reject(KEY_ID, ViolationCode::Invalid, message);
        }
        Some(mode) if environment.is_some_and(|environment| environment != mode) => {
            let message =
                "must match the mode of the key: rzp_test_ is sandbox, rzp_live_ is production";
            reader.reject(ENVIRONMENT, ViolationCode::Invalid, message);
        }
        Some(_) => {}
    }
}

fn check_secrets(
    key_secrets: &[SecretString],
    webhook_secrets: &[SecretString],
    reader: &mut SettingsReader<'_>,
) {
    let unfit = |secret: &SecretString| {
        let mut bytes = secret.expose_secret().bytes();
        !bytes.all(|byte| byte.is_ascii_graphic())
    };
    if key_secrets.iter().any(unfit) {
        let message = "must have only letters, digits and punctuation, without spaces";
        reader.reject(KEY_SECRET, ViolationCode::Invalid, message);
    }
    let known = |secret: &SecretString| {
        let same = |key: &SecretString| key.expose_secret() == secret.expose_secret();
        key_secrets.iter().any(same)
    };
    if webhook_secrets.iter().any(known) {
        let message = "must not contain a key secret; use the secret entered for the webhook";
        reader.reject(WEBHOOK_SECRETS, ViolationCode::Invalid, message);
    }
}

/// Returns the `Basic` credentials, written exactly as
/// <https://razorpay.com/docs/api/authentication/> requires.
fn basic(key_id: &str, secret: &SecretString) -> Option<HeaderValue> {
    let pair = Zeroizing::new([key_id, ":", secret.expose_secret()].concat());
    let text = Zeroizing::new(["Basic ", &BASE64.encode(pair.as_bytes())].concat());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_key_decides_its_mode() {
        use Environment::{Production, Sandbox};
        for (key, expected) in [
            ("rzp_test_AbCdEf01234567", Some(Sandbox)),
            ("rzp_live_AbCdEf01234567", Some(Production)),
            ("rzp_test_AbCdEf0123456", None),
            ("rzp_test_AbCdEf012345678", None),
            ("rzp_test_AbCdEf0123456_", None),
            ("RZP_TEST_AbCdEf01234567", None),
            ("rzp_AbCdEf01234567", None),
            ("acc_AbCdEf01234567", None),
            ("", None),
        ] {
            assert_eq!(mode(key), expected, "{key}");
        }
    }

    #[test]
    fn the_authorization_header_is_written_exactly() {
        let value = basic("rzp_test_AbCdEf01234567", &SecretString::from("secret")).unwrap();
        assert_eq!(value, "Basic cnpwX3Rlc3RfQWJDZEVmMDEyMzQ1Njc6c2VjcmV0");
        assert!(value.is_sensitive());
    }
}
