use std::fmt;

use http::Method;
use tracing::Span;

/// An address of the API below its base, and the method it is called with; made from a variant of a
/// [`routes!`](crate::routes!) enum.
#[derive(Clone)]
pub struct Route<'a> {
    method: Method,
    template: &'static str,
    ids: Vec<&'a str>,
    span: fn(&SpanFields<'_>) -> Span,
    answered: fn(&Span, Option<&'static str>),
}

/// Fields of a span that are known when it begins.
#[doc(hidden)]
#[derive(Debug)]
pub struct SpanFields<'a> {
    pub operation: &'static str,
    pub method: &'a str,
    pub template: &'static str,
    pub address: &'a str,
    pub port: u16,
}

impl<'a> Route<'a> {
    #[doc(hidden)]
    pub fn __new(
        method: Method,
        template: &'static str,
        ids: Vec<&'a str>,
        span: fn(&SpanFields<'_>) -> Span,
        answered: fn(&Span, Option<&'static str>),
    ) -> Self {
        Self {
            method,
            template,
            ids,
            span,
            answered,
        }
    }

    /// The method.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The path with names in place of ids: the same for all calls of a kind.
    pub const fn template(&self) -> &'static str {
        self.template
    }

    /// The parts of the path, not encoded.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'a str> {
        let mut ids = self.ids.iter().copied();
        let parts = self.template.split('/').skip(1);
        parts.map(move |part| {
            if part.starts_with('{') {
                ids.next().unwrap_or_default()
            } else {
                part
            }
        })
    }

    /// A span of this name.
    pub(crate) fn span(&self, stated: &SpanFields<'_>) -> Span {
        (self.span)(stated)
    }

    /// Records in the span that a response arrived, or the kind of the error.
    pub(crate) fn answered(&self, span: &Span, error: Option<&'static str>) {
        (self.answered)(span, error);
    }
}

impl fmt::Debug for Route<'_> {
    /// Leaves out the ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

/// Returns true if the placeholders of a template are these names, in this order, each a whole path
/// segment.
#[doc(hidden)]
pub const fn fits(template: &str, ids: &[&str]) -> bool {
    let text = template.as_bytes();
    if text.is_empty() || text[0] != b'/' {
        return false;
    }
    let mut seen = 0;
    let mut start = 1;
    while start <= text.len() {
        let mut end = start;
        while end < text.len() && text[end] != b'/' {
            end += 1;
        }
        if end == start {
            return false;
        }
        if text[start] == b'{' {
            if seen == ids.len() || !is_placeholder(text, start, end, ids[seen].as_bytes()) {
                return false;
            }
            seen += 1;
        } else if !is_plain(text, start, end) {
            return false;
        }
        start = end + 1;
    }
    seen == ids.len()
}

const fn is_placeholder(text: &[u8], start: usize, end: usize, name: &[u8]) -> bool {
    if end - start != name.len() + 2 || text[end - 1] != b'}' {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if text[start + 1 + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Letters, digits and `_ - : .`, and something else than points: what is never encoded.
const fn is_plain(text: &[u8], start: usize, end: usize) -> bool {
    let mut points_alone = true;
    let mut at = start;
    while at < end {
        let byte = text[at];
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'.')) {
            return false;
        }
        points_alone &= byte == b'.';
        at += 1;
    }
    !points_alone
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_template_has_the_ids_of_its_variant_in_order() {
        for (template, names) in [
            ("/links", &[][..]),
            ("/links/{link_id}", &["link_id"][..]),
            ("/links/{link_id}/cancel", &["link_id"]),
            ("/a/{b}/c/{d}", &["b", "d"]),
            ("/v1.1/a:cancel", &[]),
        ] {
            assert!(fits(template, names), "{template}");
        }
        for (template, names) in [
            ("", &[][..]),
            ("links", &[]),
            ("/", &[]),
            ("/links/", &[]),
            ("//links", &[]),
            ("/a/../b", &[]),
            ("/a?b=c", &[]),
            ("/a%2Fb", &[]),
            ("/links/{link_id}", &[]),
            ("/links", &["link_id"]),
            ("/links/{id}", &["link_id"]),
            ("/links/{link_id", &["link_id"]),
            ("/links/x{link_id}", &["link_id"]),
            ("/links/{link_id}x", &["link_id"]),
            ("/a/{d}/c/{b}", &["b", "d"]),
            ("/a/{b}", &["b", "d"]),
        ] {
            assert!(!fits(template, names), "{template} {names:?}");
        }
    }
}
