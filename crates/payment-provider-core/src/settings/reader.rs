use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::schema::ENVIRONMENT;
use super::{ConnectionSettings, SettingField, SettingKind, SettingValue, SettingsSchema, address};
use crate::{Environment, ViolationCode, Violations};

/// A reader that checks [`ConnectionSettings`] against a [`SettingsSchema`] and collects all
/// violations.
///
/// The schema covers unknown fields, required fields, kinds, lengths and choices. Violations that
/// only the provider can detect are added with [`reject`](Self::reject).
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     ConnectionSettings, SettingField, SettingKind, SettingsReader, SettingsSchema,
/// };
///
/// let schema = SettingsSchema::new([
///     SettingField::new("key", "API key", SettingKind::Secret).required(),
///     SettingField::new("page", "Page after payment", SettingKind::Url),
/// ]);
/// let given = ConnectionSettings::new().with("page", "not a url").with("kye", "typo");
/// let read = SettingsReader::new(&schema, &given);
/// assert!(read.secret("key").is_none());
/// let violations = read.finish().unwrap_err();
/// assert_eq!(
///     violations.to_string(),
///     "key: is required; page: must be an absolute URL; kye: is not a setting of this provider"
/// );
/// ```
#[derive(Debug)]
pub struct SettingsReader<'a> {
    schema: &'a SettingsSchema,
    settings: &'a ConnectionSettings,
    violations: Violations,
}

impl<'a> SettingsReader<'a> {
    /// Creates a reader and checks all fields against the schema.
    pub fn new(schema: &'a SettingsSchema, settings: &'a ConnectionSettings) -> Self {
        let mut violations = Violations::none();
        for field in schema.fields() {
            check_field(field, settings.get(field.name), &mut violations);
        }
        for (name, _) in settings {
            if schema.field(name).is_none() {
                violations.extend(Violations::one(SettingsSchema::unknown_field(name)));
            }
        }
        Self {
            schema,
            settings,
            violations,
        }
    }

    /// Returns a valid text or choice, or else the field's default.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        if let Some(SettingValue::Text(text)) = self.fitting(name) {
            return Some(text.expose_secret());
        }
        let environment = self.schema.environment_of(self.settings);
        self.schema.field(name)?.default_in(environment)
    }

    /// Returns a valid secret.
    pub fn secret(&self, name: &str) -> Option<&'a SecretString> {
        match self.fitting(name)? {
            SettingValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the valid secrets in order; empty if there are none.
    pub fn secrets(&self, name: &str) -> Vec<SecretString> {
        match self.fitting(name) {
            Some(SettingValue::Text(text)) => vec![text.clone()],
            Some(SettingValue::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns a valid URL.
    pub fn url(&self, name: &str) -> Option<Url> {
        self.text(name)?.parse().ok()
    }

    /// Returns a valid URL to which a payer may be redirected in this environment: https, or in
    /// sandbox also plain http to the local machine, without a user name or password. Any other URL
    /// is rejected.
    pub fn web_address(&mut self, name: &'static str, environment: Environment) -> Option<Url> {
        let url = self.url(name)?;
        match address::defect(&url, environment) {
            Some(defect) => {
                self.reject(name, ViolationCode::Invalid, defect);
                None
            }
            None => Some(url),
        }
    }

    /// Returns the environment, for a schema with the field [`SettingField::environment`].
    pub fn environment(&self) -> Option<Environment> {
        self.text(ENVIRONMENT)?.parse().ok()
    }

    /// Returns the value of a flag; `false` if it is absent or invalid.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.fitting(name), Some(SettingValue::Flag(true)))
    }

    /// Adds a violation that the schema cannot express.
    pub fn reject(
        &mut self,
        field: &'static str,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.violations.push(field, code, message);
    }

    /// Returns `true` if there are no violations so far.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Returns all violations as an error, if there are any.
    pub fn finish(self) -> Result<(), Violations> {
        self.violations.into_result(())
    }

    /// Returns the value that a provider made of its settings, or all violations. If there is no
    /// violation and no value either, the provider needs a field that its schema does not require;
    /// this is reported as a violation too.
    pub fn finish_with<T>(self, read: Option<T>) -> Result<T, Violations> {
        let schema = self.schema;
        self.finish()?;
        read.ok_or_else(|| {
            let mut violations = Violations::none();
            let field = schema
                .fields()
                .first()
                .map_or("settings", |field| field.name);
            let message = "does not fit together with the other settings";
            violations.push(field, ViolationCode::Invalid, message);
            violations
        })
    }

    fn fitting(&self, name: &str) -> Option<&'a SettingValue> {
        if self.violations.names(name) {
            None
        } else {
            self.settings.get(name)
        }
    }
}

fn check_field(field: &SettingField, value: Option<&SettingValue>, violations: &mut Violations) {
    let missing = |violations: &mut Violations| {
        if field.required {
            violations.push(field.name, ViolationCode::Missing, "is required");
        }
    };
    let Some(value) = value else {
        return missing(violations);
    };
    match (&field.kind, value) {
        (SettingKind::Flag, SettingValue::Flag(_)) => {}
        (SettingKind::Flag, _) => {
            violations.push(field.name, ViolationCode::Invalid, "must be true or false");
        }
        (SettingKind::SecretList, SettingValue::List(list)) if list.is_empty() => {
            missing(violations);
        }
        (SettingKind::SecretList, SettingValue::List(list)) => {
            for text in list {
                check_text(field, text.expose_secret(), violations);
            }
        }
        (_, SettingValue::Text(text)) => check_text(field, text.expose_secret(), violations),
        (SettingKind::SecretList, _) => {
            let message = "must be a text or a list of texts";
            violations.push(field.name, ViolationCode::Invalid, message);
        }
        _ => violations.push(field.name, ViolationCode::Invalid, "must be a text"),
    }
}

fn check_text(field: &SettingField, text: &str, violations: &mut Violations) {
    let mut reject = |code, message: String| violations.push(field.name, code, message);
    if text.trim().is_empty() {
        let message = if field.required {
            "is required"
        } else {
            "must not be empty"
        };
        reject(ViolationCode::Missing, message.to_owned());
    } else if text.chars().count() > field.max_length {
        let message = format!("must be at most {} characters", field.max_length);
        reject(ViolationCode::TooLarge, message);
    } else if text.chars().count() < field.min_length {
        let message = format!("must be at least {} characters", field.min_length);
        reject(ViolationCode::TooSmall, message);
    } else if text.chars().any(char::is_control) || text.trim() != text {
        let message = "must not hold control characters or blanks at its ends";
        reject(ViolationCode::Invalid, message.to_owned());
    } else {
        match &field.kind {
            SettingKind::Url if text.parse::<Url>().is_err() => {
                reject(ViolationCode::Invalid, "must be an absolute URL".to_owned());
            }
            SettingKind::Choice { choices } if !choices.iter().any(|c| c.value == text) => {
                let known: Vec<_> = choices.iter().map(|choice| choice.value).collect();
                reject(
                    ViolationCode::Invalid,
                    format!("must be one of: {}", known.join(", ")),
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SettingChoice;

    fn schema() -> SettingsSchema {
        let choices = vec![SettingChoice::new("a", "A"), SettingChoice::new("b", "B")];
        SettingsSchema::new([
            SettingField::new("id", "Id", SettingKind::Text)
                .required()
                .with_max_length(8),
            SettingField::new("keys", "Keys", SettingKind::SecretList).required(),
            SettingField::new("mode", "Mode", SettingKind::Choice { choices }).with_default("a"),
            SettingField::new("page", "Page", SettingKind::Url),
            SettingField::new("live", "Live", SettingKind::Flag),
        ])
    }

    fn violations(settings: &ConnectionSettings) -> String {
        SettingsReader::new(&schema(), settings)
            .finish()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn good_settings_are_read() {
        let settings = ConnectionSettings::new()
            .with("id", "m-1")
            .with(
                "keys",
                vec![SecretString::from("k1"), SecretString::from("k2")],
            )
            .with("page", "https://shop.example/thanks")
            .with("live", true);
        let schema = schema();
        let read = SettingsReader::new(&schema, &settings);
        assert_eq!(read.text("id"), Some("m-1"));
        assert_eq!(read.secrets("keys").len(), 2);
        assert_eq!(read.text("mode"), Some("a"));
        assert_eq!(read.url("page").unwrap().path(), "/thanks");
        assert!(read.flag("live"));
        assert!(read.finish().is_ok());
    }

    #[test]
    fn an_address_without_tls_is_rejected_unless_it_is_this_machine_in_sandbox() {
        let read = |text: &str, environment| {
            let settings = ConnectionSettings::new()
                .with("id", "m-1")
                .with("keys", "k")
                .with("page", text);
            let schema = schema();
            let mut read = SettingsReader::new(&schema, &settings);
            let page = read.web_address("page", environment);
            read.finish_with(page)
                .map_err(|violations| violations.to_string())
        };
        let violation =
            "page: must be https; http is accepted only to this machine and only in sandbox";
        let plain = "http://127.0.0.1:3000/";
        assert!(read(plain, Environment::Sandbox).is_ok());
        assert_eq!(read(plain, Environment::Production).unwrap_err(), violation);
    }

    #[test]
    fn the_environment_is_read_from_its_own_field() {
        let schema = SettingsSchema::new([SettingField::environment()]);
        let read = |word: &str| {
            let settings = ConnectionSettings::new().with("environment", word);
            let reader = SettingsReader::new(&schema, &settings);
            let environment = reader.environment();
            reader
                .finish_with(environment)
                .map_err(|violations| violations.to_string())
        };
        assert_eq!(read("sandbox"), Ok(Environment::Sandbox));
        assert_eq!(read("production"), Ok(Environment::Production));
        assert_eq!(
            read("live").unwrap_err(),
            "environment: must be one of: sandbox, production"
        );
    }

    #[test]
    fn what_was_read_is_given_unless_something_is_wrong_or_nothing_was_read() {
        let good = ConnectionSettings::new()
            .with("id", "m-1")
            .with("keys", "k");
        let schema = schema();
        let finish = |settings, read: Option<u8>| {
            let reader = SettingsReader::new(&schema, settings);
            reader
                .finish_with(read)
                .map_err(|violations| violations.to_string())
        };
        assert_eq!(finish(&good, Some(7)), Ok(7));
        assert_eq!(
            finish(&good, None).unwrap_err(),
            "id: does not fit together with the other settings"
        );
        let bad = ConnectionSettings::new().with("keys", "k");
        assert_eq!(finish(&bad, Some(7)).unwrap_err(), "id: is required");
    }

    #[test]
    fn all_violations_come_at_once_and_without_values() {
        let settings = ConnectionSettings::new()
            .with("id", "canary-too-long")
            .with("keys", Vec::<SecretString>::new())
            .with("mode", "canary")
            .with("page", "canary")
            .with("live", "canary")
            .with("CANARY-SECRET", "x");
        assert_eq!(
            violations(&settings),
            "id: must be at most 8 characters; keys: is required; mode: must be one of: a, b; \
             page: must be an absolute URL; live: must be true or false; \
             (unknown field): is not a setting of this provider"
        );
    }

    #[test]
    fn a_text_or_a_secret_of_a_list_that_is_too_short_is_told() {
        let schema = SettingsSchema::new([
            SettingField::new("id", "Id", SettingKind::Text).with_min_length(2),
            SettingField::new("keys", "Keys", SettingKind::SecretList).with_min_length(4),
        ]);
        let keys = |second: &str| vec![SecretString::from("canary"), SecretString::from(second)];
        let settings = ConnectionSettings::new()
            .with("id", "é")
            .with("keys", keys("can"));
        let found = SettingsReader::new(&schema, &settings).finish();
        assert_eq!(
            found.unwrap_err().to_string(),
            "id: must be at least 2 characters; keys: must be at least 4 characters"
        );
        let settings = ConnectionSettings::new()
            .with("id", "éé")
            .with("keys", keys("cana"));
        assert!(SettingsReader::new(&schema, &settings).finish().is_ok());
    }

    #[test]
    fn wrong_kinds_and_blank_texts_are_named() {
        let settings = ConnectionSettings::new()
            .with("id", "  ")
            .with("keys", true)
            .with("page", SettingValue::Unsupported);
        assert_eq!(
            violations(&settings),
            "id: is required; keys: must be a text or a list of texts; page: must be a text"
        );
    }
}
