use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Raw, optional_text};

/// A time that says its offset. Cashfree also sends times without one, whose zone is not
/// documented: those tell nothing.
pub(crate) fn with_offset(raw: Raw<'_>) -> Option<OffsetDateTime> {
    let text = optional_text(raw)?;
    OffsetDateTime::parse(&text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use time::macros::datetime;

    use super::*;

    fn read(json: &str) -> Option<OffsetDateTime> {
        with_offset(serde_json::from_str::<Option<&RawValue>>(json).unwrap())
    }

    #[test]
    fn only_times_with_an_offset_are_believed() {
        let expected = datetime!(2021-08-18 12:55:06 +05:30);
        assert_eq!(read("\"2021-08-18T12:55:06+05:30\""), Some(expected));
        assert_eq!(read("\"2021-08-18T07:25:06Z\""), Some(expected));
        for odd in [
            "\"2021-08-18T07:13:41\"",
            "\"2023-06-15T21: 50: 04+05: 30\"",
            "\"\"",
            "null",
            "1629271506000",
            "{}",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
