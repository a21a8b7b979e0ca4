use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ffi::OsString;
use std::fmt;

use secrecy::SecretString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::violation::{ViolationCode, Violations};

/// The values that an operator supplied for one connection, by field name.
///
/// Every text is treated as a secret on input: only the provider's schema declares which texts are
/// secret, and until it is applied none may reach a log. Deserialization accepts any JSON value for
/// a field; an invalid one is reported by [`SettingsReader`](crate::SettingsReader) together with
/// all other violations, by field and without the value. Settings cannot be serialized.
///
/// # Examples
/// ```
/// use payment_provider_core::ConnectionSettings;
///
/// let settings = ConnectionSettings::new()
///     .with("client_id", "id-1")
///     .with("client_secret", "a secret")
///     .with("reminders", true);
/// assert!(settings.get("client_id").is_some());
/// // `Debug` prints the names only.
/// assert_eq!(format!("{settings:?}"), r#"{"client_id", "client_secret", "reminders"}"#);
/// ```
#[derive(Clone, Default)]
pub struct ConnectionSettings {
    values: BTreeMap<String, SettingValue>,
}

impl ConnectionSettings {
    /// Creates empty settings.
    pub const fn new() -> Self {
        Self {
            values: BTreeMap::new(),
        }
    }

    /// Reads settings from the environment of the process: with the prefix `EXAMPLEPAY_`, the variable
    /// `EXAMPLEPAY_CLIENT_ID` is the setting `client_id`.
    ///
    /// `true` and `false` are read as booleans, everything else as text. An empty variable counts as
    /// absent. A list of secrets gets one entry; set further ones with [`set`](Self::set).
    ///
    /// # Errors
    /// A variable is not Unicode text; the violation names the variable.
    ///
    /// # Examples
    /// ```
    /// use payment_provider_core::ConnectionSettings;
    ///
    /// let settings = ConnectionSettings::from_env("ACME_")?;
    /// assert!(settings.get("client_id").is_none());
    /// # Ok::<(), payment_provider_core::Violations>(())
    /// ```
    pub fn from_env(prefix: &str) -> Result<Self, Violations> {
        Self::from_vars(prefix, std::env::vars_os())
    }

    fn from_vars(
        prefix: &str,
        vars: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Violations> {
        let mut settings = Self::new();
        let mut violations = Violations::none();
        for (variable, value) in vars {
            let Some(variable) = variable.to_str() else {
                continue;
            };
            let Some(name) = variable.strip_prefix(prefix).map(str::to_ascii_lowercase) else {
                continue;
            };
            if name.is_empty() || value.is_empty() {
                continue;
            }
            match value.to_str() {
                Some("true") => settings.set(name, true),
                Some("false") => settings.set(name, false),
                Some(text) => settings.set(name, text),
                None => {
                    let message = "must be Unicode text";
                    violations.push(variable.to_owned(), ViolationCode::Invalid, message);
                }
            }
        }
        violations.into_result(settings)
    }

    /// Sets a field.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<SettingValue>) {
        self.values.insert(name.into(), value.into());
    }

    /// Sets a field and returns the settings, for chaining.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SettingValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&SettingValue> {
        self.values.get(name)
    }

    /// Returns an iterator over all fields by name.
    pub fn iter(&self) -> btree_map::Iter<'_, String, SettingValue> {
        self.values.iter()
    }
}

impl<'a> IntoIterator for &'a ConnectionSettings {
    type Item = (&'a String, &'a SettingValue);
    type IntoIter = btree_map::Iter<'a, String, SettingValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for ConnectionSettings {
    /// Prints the names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// The value of one setting.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SettingValue {
    /// A text, secret or not.
    Text(SecretString),
    /// A list of texts.
    List(Vec<SecretString>),
    /// A boolean.
    Flag(bool),
    /// A value of a type that no setting accepts (a number, an object, a list of other types); its
    /// content is not kept.
    Unsupported,
}

impl From<&str> for SettingValue {
    fn from(text: &str) -> Self {
        Self::Text(SecretString::from(text))
    }
}

impl From<String> for SettingValue {
    fn from(text: String) -> Self {
        Self::Text(SecretString::from(text))
    }
}

impl From<SecretString> for SettingValue {
    fn from(text: SecretString) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<SecretString>> for SettingValue {
    fn from(list: Vec<SecretString>) -> Self {
        Self::List(list)
    }
}

impl From<bool> for SettingValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'de> Deserialize<'de> for ConnectionSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SettingsVisitor)
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = ConnectionSettings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut settings = ConnectionSettings::new();
        while let Some((name, value)) = map.next_entry::<String, Given>()? {
            if let Some(value) = value.0 {
                settings.set(name, value);
            }
        }
        Ok(settings)
    }

    // The default messages of serde would repeat the value.
    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("settings must be an object"))
    }
}

/// A field's value as received; `None` for JSON `null`, which is equivalent to an absent field.
struct Given(Option<SettingValue>);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl GivenVisitor {
    const UNSUPPORTED: Given = Given(Some(SettingValue::Unsupported));
}

impl<'de> Visitor<'de> for GivenVisitor {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
        Ok(Given(Some(text.into())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Given, E> {
        Ok(Given(Some(text.into())))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Given, E> {
        Ok(Given(Some(flag.into())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Given, E> {
        Ok(Given(None))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Given, E> {
        Ok(Self::UNSUPPORTED)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Given, E> {
        Ok(Self::UNSUPPORTED)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Given, E> {
        Ok(Self::UNSUPPORTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Given, A::Error> {
        let mut list = Vec::new();
        let mut all_texts = true;
        while let Some(Given(item)) = seq.next_element()? {
            match item {
                Some(SettingValue::Text(text)) => list.push(text),
                _ => all_texts = false,
            }
        }
        Ok(if all_texts {
            Given(Some(list.into()))
        } else {
            Self::UNSUPPORTED
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        while map
            .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
            .is_some()
        {}
        Ok(Self::UNSUPPORTED)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn any_json_object_is_read_and_nothing_of_it_is_shown() {
        let json = r#"{"a":"canary-1","b":["canary-2","canary-3"],"c":true,"d":null,"e":17,
                       "f":{"x":"canary-4"},"g":["canary-5",6],"h":1.5}"#;
        let settings: ConnectionSettings = serde_json::from_str(json).unwrap();
        assert!(
            matches!(settings.get("a"), Some(SettingValue::Text(t)) if t.expose_secret() == "canary-1")
        );
        assert!(matches!(settings.get("b"), Some(SettingValue::List(l)) if l.len() == 2));
        assert!(matches!(settings.get("c"), Some(SettingValue::Flag(true))));
        assert!(settings.get("d").is_none());
        for field in ["e", "f", "g", "h"] {
            assert!(
                matches!(settings.get(field), Some(SettingValue::Unsupported)),
                "{field}"
            );
        }
        let shown = format!("{settings:?} {:?}", settings.get("a"));
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn variables_with_the_prefix_become_settings() {
        let vars = [
            ("ACME_CLIENT_ID", "id"),
            ("ACME_ENABLED", "true"),
            ("ACME_NOTE", ""),
            ("ACME_", "nothing"),
            ("OTHER_CLIENT_ID", "other"),
        ];
        let vars = vars.map(|(name, value)| (name.into(), value.into()));
        let settings = ConnectionSettings::from_vars("ACME_", vars.into_iter()).unwrap();
        let names: Vec<_> = settings.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["client_id", "enabled"]);
        assert!(
            matches!(settings.get("client_id"), Some(SettingValue::Text(id)) if id.expose_secret() == "id")
        );
        assert!(matches!(
            settings.get("enabled"),
            Some(SettingValue::Flag(true))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_named_without_its_value() {
        use std::os::unix::ffi::OsStringExt;

        let value = OsString::from_vec(b"canary\xff".to_vec());
        let vars = [("ACME_CLIENT_SECRET".into(), value)];
        let error = ConnectionSettings::from_vars("ACME_", vars.into_iter()).unwrap_err();
        assert!(error.names("ACME_CLIENT_SECRET"), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn a_text_in_place_of_the_object_is_not_repeated() {
        let error = serde_json::from_str::<ConnectionSettings>("\"canary\"").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
