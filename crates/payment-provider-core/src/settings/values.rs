use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use secrecy::SecretString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The values that an operator supplied for one connection, by field name.
///
/// Every text is treated as a secret on input: only the provider's schema declares which texts are
/// secret, and until it is applied none may reach a log. Deserialization accepts any JSON value for
/// a field; an invalid one is reported by [`SettingsReader`](crate::SettingsReader) together with
/// all other violations, by field and without the value. Settings cannot be serialized.
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
    fn a_text_in_place_of_the_object_is_not_repeated() {
        let error = serde_json::from_str::<ConnectionSettings>("\"canary\"").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
