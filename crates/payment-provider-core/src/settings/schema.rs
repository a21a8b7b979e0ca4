use serde::Serialize;

use crate::{Violation, ViolationCode};

pub(super) const ENVIRONMENT: &str = "environment";

/// The settings that a provider needs for one connection. A host renders its form from this schema
/// without any knowledge of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct SettingsSchema {
    fields: Vec<SettingField>,
}

impl SettingsSchema {
    /// Creates a schema of these fields, in the order in which a form shows them.
    pub fn new(fields: impl IntoIterator<Item = SettingField>) -> Self {
        Self {
            fields: fields.into_iter().collect(),
        }
    }

    /// Returns the fields in order.
    pub fn fields(&self) -> &[SettingField] {
        &self.fields
    }

    /// Returns the field with this name.
    pub fn field(&self, name: &str) -> Option<&SettingField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the violation for a field name that is not in the schema. The name is external
    /// input: a short one of lower-case letters and underscores is repeated, because it is most
    /// likely a typing mistake; anything else might be a misplaced secret and is not repeated.
    pub fn unknown_field(name: &str) -> Violation {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let shown = if name.len() <= 32 && name.bytes().all(plain) {
            name
        } else {
            "(unknown field)"
        };
        let message = "is not a setting of this provider";
        Violation::new(shown.to_owned(), ViolationCode::Unknown, message)
    }
}

/// One setting of a connection.
///
/// # Examples
/// ```
/// use payment_provider_core::{SettingField, SettingKind};
///
/// let key = SettingField::new("key", "API key", SettingKind::Secret)
///     .required()
///     .with_min_length(16)
///     .with_help("The key is on the gateway's page for developers.");
/// assert!(key.required && key.is_secret());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingField {
    /// The name in [`ConnectionSettings`](crate::ConnectionSettings) and in JSON.
    pub name: &'static str,
    /// The label in the form.
    pub label: &'static str,
    /// The help text: the source of the value and its effect.
    pub help: &'static str,
    /// The kind of value.
    #[serde(flatten)]
    pub kind: SettingKind,
    /// True if a value is required.
    pub required: bool,
    /// The value that applies if none is given, shown in the form.
    pub default: Option<&'static str>,
    /// The values that apply in sandbox and in production if none is given, for a field whose default
    /// depends on the environment.
    #[serde(skip)]
    pub(super) environment_defaults: Option<(&'static str, &'static str)>,
    /// True if the secrets of the connection are bound to the value.
    pub binds_secrets: bool,
    /// The minimum number of characters of a text, and of each text of a list.
    pub min_length: usize,
    /// The maximum number of characters of a text, and of each text of a list.
    pub max_length: usize,
}

impl SettingField {
    /// The default maximum number of characters of a text.
    pub const DEFAULT_MAX_LENGTH: usize = 512;

    /// Creates an optional field.
    pub const fn new(name: &'static str, label: &'static str, kind: SettingKind) -> Self {
        let max_length = Self::DEFAULT_MAX_LENGTH;
        Self {
            name,
            label,
            help: "",
            kind,
            required: false,
            default: None,
            environment_defaults: None,
            binds_secrets: false,
            min_length: 1,
            max_length,
        }
    }

    /// Creates the required choice of the environment, which [binds](Self::binds_secrets) the secrets,
    /// under the name by which
    /// [`SettingsReader::environment`](crate::SettingsReader::environment) reads it.
    pub fn environment() -> Self {
        let choices = vec![
            SettingChoice::new("sandbox", "Sandbox (no money moves)"),
            SettingChoice::new("production", "Production"),
        ];
        Self::new(ENVIRONMENT, "Environment", SettingKind::Choice { choices })
            .required()
            .binds_secrets()
    }

    /// Makes the field required.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Sets the help text.
    pub const fn with_help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Sets the value that applies if the field is not given.
    pub const fn with_default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Sets the values that apply in sandbox and in production if the field is not given, for a
    /// schema with the field [`environment`](Self::environment).
    pub const fn with_environment_defaults(
        mut self,
        sandbox: &'static str,
        production: &'static str,
    ) -> Self {
        self.environment_defaults = Some((sandbox, production));
        self
    }

    /// Binds the secrets of the connection to the value: a host encrypts them together with it, and
    /// requires all of them again when it changes. Mark every setting that decides to which address,
    /// or as which account, a secret is sent. Without effect on a field that is itself secret.
    ///
    /// # Examples
    /// ```
    /// use payment_provider_core::{SettingField, SettingKind};
    ///
    /// let address = SettingField::new("base_url", "Address", SettingKind::Url).binds_secrets();
    /// assert!(address.binds_secrets);
    /// ```
    pub const fn binds_secrets(mut self) -> Self {
        self.binds_secrets = true;
        self
    }

    /// Sets the minimum number of characters of a text. For a secret, choose it so that the secret
    /// cannot be found by brute force.
    pub const fn with_min_length(mut self, characters: usize) -> Self {
        self.min_length = characters;
        self
    }

    /// Sets the maximum number of characters of a text.
    pub const fn with_max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Returns `true` if the values are secrets: encrypted at rest and never shown again.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, SettingKind::Secret | SettingKind::SecretList)
    }
}

/// The kind of value of a setting.
///
/// # Examples
/// ```
/// use payment_provider_core::{SettingChoice, SettingField, SettingKind};
///
/// let choices = vec![SettingChoice::new("eu", "Europe"), SettingChoice::new("in", "India")];
/// let region = SettingField::new("region", "Region", SettingKind::Choice { choices });
/// assert!(!region.is_secret());
/// assert!(SettingField::new("keys", "API keys", SettingKind::SecretList).is_secret());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettingKind {
    /// One line of text.
    Text,
    /// One secret.
    Secret,
    /// One or more secrets. The first is used for calls and all of them verify webhooks, so that a
    /// secret can be replaced without an interruption. A single text counts as a list of one.
    SecretList,
    /// An absolute URL.
    Url,
    /// One of the listed values.
    Choice {
        /// The accepted values.
        choices: Vec<SettingChoice>,
    },
    /// Yes or no.
    Flag,
}

/// One accepted value of a [`SettingKind::Choice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingChoice {
    /// The value.
    pub value: &'static str,
    /// The label in the form.
    pub label: &'static str,
}

impl SettingChoice {
    /// Creates a choice from a value and its label.
    pub const fn new(value: &'static str, label: &'static str) -> Self {
        Self { value, label }
    }
}
