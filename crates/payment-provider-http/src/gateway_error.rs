use std::borrow::Cow;
use std::fmt;

use payment_provider_core::Violations;

use crate::json::{self, Raw};

/// Most characters of a gateway's message that are kept.
pub const MAX_MESSAGE: usize = 1000;

/// Longest code or class that is kept.
const MAX_CODE: usize = 64;

/// The error that a gateway reports in the body of a response. Codes and classes are open sets.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct GatewayErrorBody {
    /// The gateway's error code.
    pub code: Option<String>,
    /// The message for people. It may repeat what was sent, so it must never be logged.
    pub message: Option<String>,
    /// The larger class that the code belongs to, where the gateway has such.
    pub class: Option<String>,
    /// The fields of *the contract's* request that it is about, such as `customer.phone`, as far as
    /// the gateway names them. They become the violations of an error of the kind
    /// [`InvalidRequest`](payment_provider_core::ProviderErrorKind::InvalidRequest).
    pub violations: Violations,
}

impl GatewayErrorBody {
    /// Reads code, message and class as they stand in a body. Codes and classes are 1 to 64
    /// characters of `A-Z a-z 0-9 _ . -`; anything else might be data of the request, and is left
    /// out. A message is cut after [`MAX_MESSAGE`] characters. `None` if nothing is said at all.
    pub fn read(code: Raw<'_>, message: Raw<'_>, class: Raw<'_>) -> Option<Self> {
        let message = json::optional_text(message).map(|text| cut(text.into_owned(), MAX_MESSAGE));
        let gateway_error = Self {
            code: code_of(code),
            message: message.filter(|text| !text.is_empty()),
            class: code_of(class),
            violations: Violations::none(),
        };
        let says_something = gateway_error.code.is_some()
            || gateway_error.message.is_some()
            || gateway_error.class.is_some();
        says_something.then_some(gateway_error)
    }

    /// The code; empty if there is none.
    pub fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    /// The class; empty if there is none.
    pub fn class(&self) -> &str {
        self.class.as_deref().unwrap_or_default()
    }

    /// Names the fields it is about.
    pub fn with_violations(mut self, violations: Violations) -> Self {
        self.violations = violations;
        self
    }
}

impl fmt::Debug for GatewayErrorBody {
    /// Leaves out the message, which may repeat what was sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayErrorBody")
            .field("code", &self.code)
            .field("class", &self.class)
            .field("violations", &self.violations)
            .finish_non_exhaustive()
    }
}

fn code_of(raw: Raw<'_>) -> Option<String> {
    json::optional_text(raw)
        .filter(|code| is_code(code))
        .map(Cow::into_owned)
}

/// Codes are short plain words; anything else might be data of the request.
fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(plain)
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn read(code: &str, message: &str, class: &str) -> Option<GatewayErrorBody> {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let (code, message, class) = (raw(code), raw(message), raw(class));
        GatewayErrorBody::read(Some(&code), Some(&message), Some(&class))
    }

    #[test]
    fn a_code_that_is_no_code_is_dropped() {
        let long = format!("\"{}\"", "c".repeat(65));
        for odd in ["\"call 9000000000 now\"", "\"\"", "null", "{}", &long] {
            let gateway_error = read(odd, "\"m\"", odd).unwrap();
            assert_eq!(
                (gateway_error.code(), gateway_error.class()),
                ("", ""),
                "{odd}"
            );
        }
        let gateway_error = read("\"BAD_REQUEST.x-1\"", "null", "7").unwrap();
        assert_eq!(
            (gateway_error.code(), gateway_error.class()),
            ("BAD_REQUEST.x-1", "7")
        );
        assert_eq!(gateway_error.message, None);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let gateway_error = read("null", &format!("\"{}\"", "é".repeat(5000)), "null").unwrap();
        assert_eq!(gateway_error.message.unwrap().chars().count(), MAX_MESSAGE);
    }

    #[test]
    fn what_says_nothing_is_no_refusal() {
        assert!(read("null", "\"\"", "{}").is_none());
        assert!(GatewayErrorBody::read(None, None, None).is_none());
    }

    #[test]
    fn debug_shows_no_message() {
        let shown = format!("{:?}", read("\"c\"", "\"canary\"", "null"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
