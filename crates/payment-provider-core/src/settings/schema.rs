use serde::Serialize;

use crate::{Violation, ViolationCode};

pub(super) const ENVIRONMENT: &str = "environment";

/// The settings a provider needs for one connection, from which a host draws its form without
/// knowing the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct SettingsSchema {
    fields: Vec<SettingField>,
}

impl SettingsSchema {
    /// A schema of these fields, in the order in which a form shows them.
    pub fn new(fields: impl IntoIterator<Item = SettingField>) -> Self {
        Self {
            fields: fields.into_iter().collect(),
        }
    }

    /// The fields in order.
    pub fn fields(&self) -> &[SettingField] {
        &self.fields
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&SettingField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The violation of naming a field that is not in the schema. Such a name comes from outside: a
    /// short printable one is repeated, since a typing mistake is what it most likely is; anything
    /// else might be a secret in the wrong place.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingField {
    /// Name in [`ConnectionSettings`](crate::ConnectionSettings) and in JSON.
    pub name: &'static str,
    /// For the form.
    pub label: &'static str,
    /// Where to find the value, what it does.
    pub help: &'static str,
    /// What values it takes.
    #[serde(flatten)]
    pub kind: SettingKind,
    /// Whether it must be given.
    pub required: bool,
    /// What applies when it is not given, for the form to show.
    pub default: Option<&'static str>,
    /// Least characters of a text; of each text of a list.
    pub min_length: usize,
    /// Most characters of a text; of each text of a list.
    pub max_length: usize,
}

impl SettingField {
    /// Most characters of a text unless a field says otherwise.
    pub const DEFAULT_MAX_LENGTH: usize = 512;

    /// An optional field.
    pub const fn new(name: &'static str, label: &'static str, kind: SettingKind) -> Self {
        let max_length = Self::DEFAULT_MAX_LENGTH;
        Self {
            name,
            label,
            help: "",
            kind,
            required: false,
            default: None,
            min_length: 1,
            max_length,
        }
    }

    /// The required choice of the environment, under the name by which
    /// [`SettingsReader::environment`](crate::SettingsReader::environment) reads it.
    pub fn environment() -> Self {
        let choices = vec![
            SettingChoice::new("sandbox", "Sandbox (no money moves)"),
            SettingChoice::new("production", "Production"),
        ];
        Self::new(ENVIRONMENT, "Environment", SettingKind::Choice { choices }).required()
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

    /// Says what applies when the field is not given.
    pub const fn with_default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Sets the least characters of a text: of a secret, as many as cannot be found out by trying.
    pub const fn with_min_length(mut self, characters: usize) -> Self {
        self.min_length = characters;
        self
    }

    /// Sets the most characters of a text.
    pub const fn with_max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Whether its values are secrets: sealed at rest, never shown again.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, SettingKind::Secret | SettingKind::SecretList)
    }
}

/// What values a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettingKind {
    /// One line of text.
    Text,
    /// One secret.
    Secret,
    /// One or more secrets of which the first is used for calls and all verify webhooks, so that a
    /// secret can be replaced without a gap. A single text counts as a list of one.
    SecretList,
    /// An absolute URL.
    Url,
    /// One of these.
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
    /// For the form.
    pub label: &'static str,
}

impl SettingChoice {
    /// A value and the words for it.
    pub const fn new(value: &'static str, label: &'static str) -> Self {
        Self { value, label }
    }
}
