//! The fields of forms, as the templates draw them.

use payment_provider_core::{SettingField, SettingKind, Violations};
use payment_provider_host::PlainSetting;
use secrecy::ExposeSecret;

use super::form::FormFields;
use super::secret_draft::DraftKey;
use super::session::Session;

/// What goes before the name of a field that says what the form was drawn with.
pub(super) const BEFORE: &str = "before.";

/// What goes before the name of a field that carries a sealed draft.
pub(super) const DRAFT: &str = "draft.";

/// One field of a form.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) required: bool,
    pub(super) error: Option<String>,
    pub(super) control: Control,
}

/// How a field is filled in.
pub(super) enum Control {
    Text {
        value: String,
        /// What kind of keyboard helps: `text`, `decimal`, `tel`, `email`, `url`.
        keyboard: &'static str,
    },
    Secret {
        /// What was typed before, sealed.
        draft: Option<String>,
        /// Whether one is stored already.
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

    /// A setting of a gateway's schema.
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
            // A kind that is not known yet is most likely some text.
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

    /// Fills in what is known. A secret is never filled in.
    pub(super) fn with_value(mut self, text: impl Into<String>) -> Self {
        match &mut self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => *value = text.into(),
            Control::Secret { .. } | Control::Flag { .. } => {}
        }
        self
    }

    /// Says that a secret is stored and stays unless another is given.
    pub(super) fn with_stored(mut self) -> Self {
        if let Control::Secret { stored, .. } = &mut self.control {
            *stored = true;
        }
        self.required = false;
        self
    }

    /// What the field was drawn with, as it would be sent; `None` for a secret.
    pub(super) fn drawn(&self) -> Option<&str> {
        match &self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => Some(value),
            Control::Flag { on } => Some(if *on { "yes" } else { "" }),
            Control::Secret { .. } => None,
        }
    }

    /// Fills in a setting as it is stored.
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

    /// The field as it was sent: what was typed stays, secrets as sealed drafts.
    pub(super) fn refill(&mut self, sent: &FormFields, session: &Session, drafts: &DraftKey) {
        let text = sent.text(&self.name);
        match &mut self.control {
            Control::Text { value, .. } | Control::Choice { value, .. } => {
                text.clone_into(value);
            }
            Control::Flag { on } => *on = !text.is_empty(),
            Control::Secret { draft, .. } => {
                *draft = match sent.secret(&self.name) {
                    Some(secret) if !secret.expose_secret().is_empty() => {
                        drafts.seal(secret, session, &self.name)
                    }
                    _ => Some(sent.text(&format!("{DRAFT}{}", self.name)).to_owned())
                        .filter(|draft| drafts.open(draft, session, &self.name).is_some()),
                };
            }
        }
    }

    /// Whether the field is the one a violation names.
    fn is_named(&self, field: &str) -> bool {
        self.name == field
    }
}

/// Puts each violation beside its field; what concerns no field of the form is returned.
pub(super) fn place_errors(fields: &mut [Field], violations: &Violations) -> Vec<String> {
    let mut rest = Vec::new();
    for violation in violations {
        match fields
            .iter_mut()
            .find(|field| field.is_named(&violation.field))
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
