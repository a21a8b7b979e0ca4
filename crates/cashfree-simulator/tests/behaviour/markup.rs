//! Checks of the HTML of every page.

use std::collections::{BTreeMap, BTreeSet};

/// A tag: its name, with a slash before it if it closes, and its attributes.
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: BTreeMap<String, String>,
    /// The text up to the next tag.
    pub(crate) text: String,
}

impl Tag {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    fn read(source: &str) -> Self {
        let end = end_of_tag(source);
        let (tag, text) = (&source[..end], source.get(end + 1..).unwrap_or_default());
        let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        loop {
            rest = rest.trim_start();
            let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace());
            let (attribute, after) = rest.split_at(end.unwrap_or(rest.len()));
            if attribute.is_empty() {
                break;
            }
            let quoted = after.strip_prefix("=\"");
            assert!(
                quoted.is_some() || !after.starts_with('='),
                "an unquoted value: {tag}"
            );
            let (value, after) = quoted.map_or(("", after), |after| {
                after.split_once('"').expect("a quoted value ends")
            });
            let earlier = attributes.insert(attribute.to_owned(), unescaped(value));
            assert!(earlier.is_none(), "{attribute} twice: {tag}");
            rest = after;
        }
        Self {
            name: name.to_ascii_lowercase(),
            attributes,
            text: unescaped(text),
        }
    }
}

/// Returns the end of a tag: the first bracket outside quotes.
fn end_of_tag(source: &str) -> usize {
    let mut quoted = false;
    source
        .bytes()
        .position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        })
        .expect("a tag ends")
}

pub(crate) fn unescaped(text: &str) -> String {
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (escape, letter)| {
        text.replace(escape, letter)
    })
}

pub(crate) fn tags(html: &str) -> Vec<Tag> {
    html.split('<').skip(1).map(Tag::read).collect()
}

/// Returns the texts of the first headings.
pub(crate) fn headings(html: &str) -> Vec<String> {
    let tags = tags(html);
    let headings = tags.iter().filter(|tag| tag.name == "h1");
    headings.map(|tag| tag.text.trim().to_owned()).collect()
}

/// Returns the value of the field with a name.
pub(crate) fn value(html: &str, name: &str) -> String {
    let tags = tags(html);
    let field = tags
        .iter()
        .find(|tag| tag.name == "input" && tag.get("name") == Some(name));
    field
        .and_then(|field| field.get("value"))
        .unwrap_or_else(|| panic!("no field {name}"))
        .to_owned()
}

/// Returns the text of the button with a value.
pub(crate) fn button(html: &str, value: &str) -> String {
    let tags = tags(html);
    let button = tags
        .iter()
        .find(|tag| tag.name == "button" && tag.get("value") == Some(value));
    button
        .unwrap_or_else(|| panic!("no button {value}"))
        .text
        .trim()
        .to_owned()
}

/// Asserts the rules that hold for every page.
pub(crate) fn check(html: &str) {
    assert!(html.starts_with("<!doctype html>"), "{html}");
    let tags = tags(html);
    let language = tags.iter().find(|tag| tag.name == "html");
    assert_eq!(language.and_then(|tag| tag.get("lang")), Some("en"));
    let titled = tags
        .iter()
        .any(|tag| tag.name == "title" && !tag.text.trim().is_empty());
    assert!(titled, "no title: {html}");
    let headings = headings(html);
    assert!(
        headings.len() == 1 && !headings[0].is_empty(),
        "{headings:?}"
    );

    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "an id is there twice: {ids:?}");
    let labelled: BTreeSet<&str> = tags
        .iter()
        .filter(|tag| tag.name == "label")
        .filter_map(|tag| tag.get("for"))
        .collect();
    let (mut inside_label, mut open) = (false, Vec::new());
    for tag in &tags {
        for (name, value) in &tag.attributes {
            assert!(
                !name.starts_with("on") && name != "style",
                "{name} at {}",
                tag.name
            );
            if matches!(
                name.as_str(),
                "aria-describedby" | "aria-labelledby" | "for" | "list"
            ) {
                for id in value.split_whitespace() {
                    assert!(known.contains(id), "{name} names {id}, which is not there");
                }
            }
        }
        let name = tag.name.as_str();
        match name {
            "label" | "/label" => inside_label = name == "label",
            "input" if tag.get("type") == Some("hidden") => {}
            "input" | "select" | "textarea" => {
                let by_id = tag.get("id").is_some_and(|id| labelled.contains(id));
                assert!(by_id || inside_label, "no label: {:?}", tag.attributes);
            }
            "button" => assert!(!tag.text.trim().is_empty(), "a button without words"),
            "script" => assert!(tag.get("src").is_some() && tag.text.trim().is_empty()),
            "style" | "iframe" | "object" | "base" | "img" => panic!("there is a tag {name}"),
            _ => {}
        }
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "tags are crossed"),
            None if matches!(name, "!doctype" | "meta" | "link" | "input") => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}
