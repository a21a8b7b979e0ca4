//! Checks that the JSON API and the pages share.

use payment_provider_core::{InvalidIdentifier, ViolationCode, Violations};

/// Parses an identifier. Records a violation for `field` if it is invalid.
pub(crate) fn identifier<T>(
    field: &'static str,
    text: impl Into<String>,
    parse: fn(String) -> Result<T, InvalidIdentifier>,
    violations: &mut Violations,
) -> Option<T> {
    parse(text.into())
        .inspect_err(|error| {
            let message = format!("must be {}", error.rule);
            violations.push(field, ViolationCode::Invalid, message);
        })
        .ok()
}

/// Returns a text without leading and trailing whitespace. Records a violation for `field` if it is
/// blank, longer than `max_chars` characters or contains control characters.
pub(crate) fn display_text(
    field: &'static str,
    text: &str,
    max_chars: usize,
    violations: &mut Violations,
) -> Option<String> {
    let text = text.trim();
    let (code, message) = if text.is_empty() {
        (ViolationCode::TooSmall, "must not be blank".to_owned())
    } else if text.chars().count() > max_chars {
        let message = format!("must be at most {max_chars} characters");
        (ViolationCode::TooLarge, message)
    } else if text.chars().any(char::is_control) {
        let message = "must not contain control characters".to_owned();
        (ViolationCode::Invalid, message)
    } else {
        return Some(text.to_owned());
    };
    violations.push(field, code, message);
    None
}
