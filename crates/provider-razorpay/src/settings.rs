//! The settings of one merchant account.

use std::fmt;

use data_encoding::BASE64;
use http::HeaderValue;
use payment_provider_core::{
    ConnectionSettings, Environment, SettingChoice, SettingField, SettingKind, SettingsReader,
    SettingsSchema, Violation, ViolationCode, Violations,
};
use payment_provider_http::url_rules;
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

/// One address for both modes; the key decides:
/// <https://razorpay.com/docs/api/sandbox-setup/>.
const API_URL: &str = "https://api.razorpay.com/v1";

/// What a key begins with, and what it is for.
const PREFIXES: [(&str, Environment); 2] = [
    ("rzp_test_", Environment::Sandbox),
    ("rzp_live_", Environment::Production),
];

/// Letters and digits of a key after its prefix.
const KEY_LENGTH: usize = 14;

pub(crate) fn schema() -> SettingsSchema {
    let environments = vec![
        SettingChoice::new("sandbox", "Test mode (no money moves)"),
        SettingChoice::new("production", "Live mode"),
    ];
    let customers = vec![
        SettingChoice::new("remote", "Also kept at Razorpay"),
        SettingChoice::new("local", "Kept here alone"),
    ];
    let unfit = vec![
        SettingChoice::new("refuse", "Refuse the checkout"),
        SettingChoice::new("leave_out", "Ask for the money without it"),
    ];
    SettingsSchema::new([
        SettingField::new(KEY_ID, "Key ID", SettingKind::Text)
            .required()
            .with_max_length(64)
            .with_help(
                "Razorpay dashboard, Account & Settings > API Keys. It begins with rzp_test_ in test mode and with \
                 rzp_live_ in live mode.",
            ),
        SettingField::new(KEY_SECRET, "Key secret", SettingKind::SecretList)
            .required()
            .with_help(
                "Shown once, when the key is generated. After a key is replaced, the secret before can stay in the \
                 second place: it goes on verifying payers who come back from pages made with it.",
            ),
        SettingField::new(
            ENVIRONMENT,
            "Environment",
            SettingKind::Choice {
                choices: environments,
            },
        )
        .required()
        .with_help("Must be the mode of the key; each mode has keys and webhooks of its own."),
        SettingField::new(WEBHOOK_SECRETS, "Webhook secrets", SettingKind::SecretList)
            .required()
            .with_help(
                "The secret that was typed in for the webhook, which is not the key secret; one for each webhook that \
                 leads here. Razorpay signs its repetitions of older events with the secret of that time: keep a \
                 replaced one for at least a day.",
            ),
        SettingField::new(RETURN_URL, "Page after payment", SettingKind::Url)
            .with_max_length(2048)
            .with_help("Where the payer's browser goes after a payment, unless a checkout names its own page."),
        SettingField::new(CUSTOMERS, "Customers", SettingKind::Choice { choices: customers })
            .with_default("remote")
            .with_help(
                "Whether a customer who is linked is also made at Razorpay. Payment links do not need it: name, e-mail \
                 address and telephone number are part of each.",
            ),
        SettingField::new(
            UNFIT_DETAILS,
            "Customer details that Razorpay refuses",
            SettingKind::Choice { choices: unfit },
        )
        .with_default("refuse")
        .with_help(
            "Razorpay takes names of 3 to 50 plain characters and telephone numbers of 8 to 14 without long runs of \
             one digit, and needs none of them.",
        ),
        SettingField::new(BASE_URL, "Gateway address", SettingKind::Url).with_help(
            "Only in test mode, to reach something other than Razorpay, such as a stand-in on this machine: \
             http://127.0.0.1:3002/v1",
        ),
    ])
}

/// Settings that passed every check.
pub(crate) struct Account {
    /// What each call says of who makes it.
    pub(crate) authorization: HeaderValue,
    /// For signed returns; never empty.
    pub(crate) key_secrets: Vec<SecretString>,
    /// Never empty.
    pub(crate) webhook_secrets: Vec<SecretString>,
    pub(crate) base_url: Url,
    pub(crate) terms: Terms,
}

/// What a merchant decided about the checkouts of an account.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) environment: Environment,
    pub(crate) return_url: Option<Url>,
    /// Linking a customer makes one at the gateway.
    pub(crate) remote_customers: bool,
    /// What the gateway would refuse of a customer is not sent, instead of refusing the request.
    pub(crate) leave_out_unfit: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// Reads settings by the schema, and reports all that is wrong with them together.
pub(crate) fn read(
    schema: &SettingsSchema,
    settings: &ConnectionSettings,
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

    // As long as the environment is not known, an address is judged by the milder rules.
    let judged_as = environment.unwrap_or(Environment::Sandbox);
    let base_url = reader.url(BASE_URL);
    if let Some(url) = &base_url {
        if judged_as == Environment::Production {
            let message = "is for the sandbox only";
            reader.reject(BASE_URL, ViolationCode::Unsupported, message);
        } else if let Some(defect) = url_rules::base_defect(url, judged_as) {
            reader.reject(BASE_URL, ViolationCode::Invalid, defect);
        }
    }
    let return_url = reader.url(RETURN_URL);
    if let Some(defect) = return_url
        .as_ref()
        .and_then(|url| url_rules::defect(url, judged_as))
    {
        reader.reject(RETURN_URL, ViolationCode::Invalid, defect);
    }
    let remote_customers = reader.text(CUSTOMERS) == Some("remote");
    let leave_out_unfit = reader.text(UNFIT_DETAILS) == Some("leave_out");
    reader.finish()?;

    // Each is there, since all that was required was found good.
    let authorization = key_id
        .zip(key_secrets.first())
        .and_then(|(id, secret)| basic(id, secret));
    let base_url = base_url.or_else(|| API_URL.parse().ok());
    let (Some(environment), Some(authorization), Some(base_url)) =
        (environment, authorization, base_url)
    else {
        let message = "cannot be used";
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

/// The mode that a key is of; `None` if it is no key.
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
            let message = "must be rzp_test_ or rzp_live_ with 14 letters and digits";
            reader.reject(KEY_ID, ViolationCode::Invalid, message);
        }
        Some(mode) if environment.is_some_and(|environment| environment != mode) => {
            let message =
                "must be the mode of the key: rzp_test_ is sandbox, rzp_live_ is production";
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
        let message = "must be letters, digits and punctuation without blanks";
        reader.reject(KEY_SECRET, ViolationCode::Invalid, message);
    }
    let known = |secret: &SecretString| {
        let same = |key: &SecretString| key.expose_secret() == secret.expose_secret();
        key_secrets.iter().any(same)
    };
    if webhook_secrets.iter().any(known) {
        let message = "must not hold a key secret: a webhook has a secret of its own";
        reader.reject(WEBHOOK_SECRETS, ViolationCode::Invalid, message);
    }
}

/// `Basic` with the key and its secret, written exactly as
/// <https://razorpay.com/docs/api/authentication/> wants it.
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
