//! Form fields, as the templates render them.

use payment_provider_core::{SettingField, SettingKind, Violations};
use payment_provider_host::connections::PlainSetting;
use secrecy::ExposeSecret;

use super::form::FormFields;
use crate::secret_draft::DraftKey;
use crate::session::Session;

/// Name prefix of the hidden fields with the values that a form was rendered with.
pub(super) const INITIAL_PREFIX: &str = "before.";

/// Name prefix of the hidden fields with the drafts of secrets.
pub(super) const DRAFT_PREFIX: &str = "draft.";

/// A field of a form, with its label, help, value and error.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) required: bool,
    pub(super) error: Option<String>,
    pub(super) control: Control,
}

/// Control with which a field is filled in.
pub(super) enum Control {
    Text {
        value: String,
        /// On-screen keyboard: `text`, `decimal`, `tel`, `email` or `url`.
        keyboard: &'static str,
    },
    Secret {
        /// Encrypted secret that was typed before.
        draft: Option<String>,
        /// True if a secret is stored already.
        stored: bool,
    },
    Choice {
        value: String,
        options: Vec<(String, String)>,
    },
    Flag {
        on: bool,
    },
}

impl Field {
    fn new(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            help: String::new(),
            required: false,
            error: None,
            control,
        }
    }

    pub(super) fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        let control = Control::Text {
            value: String::new(),
            keyboard: "text",
        };
        Self::new(name, label, control)
    }

    pub(super) fn secret(name: impl Into<String>, label: impl Into<String>) -> Self {
        let control = Control::Secret {
            draft: None,
            stored: false,
        };
        Self::new(name, label, control)
    }

    pub(super) fn choice(
        name: impl Into<String>,
        label: impl Into<String>,
        options: Vec<(String, String)>,
    ) -> Self {
        let control = Control::Choice {
            value: String::new(),
            options,
        };
        Self::new(name, label, control)
    }

    /// Returns the field for a setting of a gateway.
    pub(super) fn setting(setting: &SettingField) -> Self {
        let name = format!("settings.{}", setting.name);
        let mut field = match &setting.kind {
            SettingKind::Secret | SettingKind::SecretList => Self::secret(name, setting.label),
            SettingKind::Choice { choices } => {
                let mut options = Vec::new();
                match setting.default {
                    Some(default) => {
                        options.push((String::new(), format!("Default ({default})")));
                    }
                    None => options.push((String::new(), "Choose".to_owned())),
                }
                options.extend(
                    choices
                        .iter()
                        .map(|choice| (choice.value.to_owned(), choice.label.to_owned())),
                );
                Self::choice(name, setting.label, options)
            }
            SettingKind::Flag => Self::new(name, setting.label, Control::Flag { on: false }),
            SettingKind::Url => Self::text(name, setting.label).with_keyboard("url"),
            // Kinds added later are most likely texts.
            _ => Self::text(name, setting.label),
        };
        field.required = setting.required;
        field.with_help(setting.help)
    }

    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn with_error(mut self, error: Option<impl Into<String>>) -> Self {
        self.error = error.map(Into::into);
        self
    }

    pub(super) fn with_keyboard(mut self, kind: &'static str) -> Self {
        if let Control::Text { keyboard, .. } = &mut self.control {
            *keyboard = kind;
        }
        self
    }

    /// Sets the value. Ignored for secrets and flags.
    pub(super) fn with_value(mut self, text: impl Into<String>) -> Self {
        match &mut self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => *value = text.into(),
            Control::Secret { .. } | Control::Flag { .. } => {}
        }
        self
    }

    /// Marks a secret as stored, so that it may be left empty to keep it.
    pub(super) fn with_stored(mut self) -> Self {
        if let Control::Secret { stored, .. } = &mut self.control {
            *stored = true;
        }
        self.required = false;
        self
    }

    /// Returns the value that the field is rendered with, as a form would submit it. `None` for a secret.
    pub(super) fn initial_value(&self) -> Option<&str> {
        match &self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => Some(value),
            Control::Flag { on } => Some(if *on { "yes" } else { "" }),
            Control::Secret { .. } => None,
        }
    }

    /// Sets the stored value of a setting.
    pub(super) fn with_setting(mut self, setting: Option<&PlainSetting>) -> Self {
        match (&mut self.control, setting) {
            (Control::Flag { on }, Some(PlainSetting::Flag(flag))) => *on = *flag,
            (
                Control::Text { value, .. } | Control::Choice { value, .. },
                Some(PlainSetting::Text(text)),
            ) => value.clone_from(text),
            _ => {}
        }
        self
    }

    /// Sets the submitted value, so that a refused form keeps it. A secret is kept as a draft.
    fn refill(&mut self, submitted: &FormFields, session: &Session, drafts: &DraftKey) {
        let text = submitted.text(&self.name);
        match &mut self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => {
                text.clone_into(value);
            }
            Control::Flag { on } => *on = !text.is_empty(),
            Control::Secret { draft, .. } => {
                *draft = match submitted.secret(&self.name) {
                    Some(secret) if !secret.expose_secret().is_empty() => {
                        drafts.encrypt(secret, session, &self.name)
                    }
                    _ => Some(
                        submitted
                            .text(&format!("{DRAFT_PREFIX}{}", self.name))
                            .to_owned(),
                    )
                    .filter(|draft| drafts.decrypt(draft, session, &self.name).is_some()),
                };
            }
        }
    }
}

/// Sets the submitted values of all fields of a refused form.
pub(super) fn refill_all<'a>(
    fields: impl IntoIterator<Item = &'a mut Field>,
    submitted: &FormFields,
    session: &Session,
    drafts: &DraftKey,
) {
    for field in fields {
        field.refill(submitted, session, drafts);
    }
}

/// Sets each violation as the error of its field. Returns the violations that belong to no field.
pub(super) fn assign_errors(fields: &mut [Field], violations: &Violations) -> Vec<String> {
    let mut rest = Vec::new();
    for violation in violations {
        match fields
            .iter_mut()
            .find(|field| field.name == violation.field)
        {
            Some(field) => {
                let error = field.error.get_or_insert_default();
                if !error.is_empty() {
                    error.push_str("; ");
                }
                error.push_str(&violation.message);
            }
            None => rest.push(violation.to_string()),
        }
    }
    rest
}
