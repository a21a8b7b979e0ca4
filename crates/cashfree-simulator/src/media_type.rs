//! The media type of a request body.

use http::{HeaderMap, header};

/// Returns true if the content type is JSON. Parameters, such as a charset, are ignored.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        let of = |kind: &'static str| {
            let pair = (header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
            is_json(&HeaderMap::from_iter([pair]))
        };
        for json in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(of(json), "{json}");
        }
        for other in [
            "",
            "text/plain",
            "application/jsonp",
            "text/plain; application/json",
        ] {
            assert!(!of(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
