//! A minimal browser for the form of a payment page.

use std::collections::BTreeMap;

use url::{Url, form_urlencoded};

/// A form of a page with its preset values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// URL that the form is submitted to.
    pub(super) action: Url,
    fields: Vec<(String, String)>,
}

impl Form {
    /// Finds the first form of a page and presses its button with this value. Returns `None` unless the form
    /// is submitted with POST and has that button.
    pub(super) fn find(page: &Url, html: &str, button: &str) -> Option<Self> {
        let mut tags = tags(html).skip_while(|tag| tag.name != "form");
        let form = tags
            .next()
            .filter(|form| form.get("method").eq_ignore_ascii_case("post"))?;
        let action = match form.get("action") {
            "" => page.clone(),
            action => page.join(action).ok()?,
        };
        let mut fields = Vec::new();
        let mut pressed = false;
        for tag in tags.take_while(|tag| tag.name != "/form") {
            let is_submitted = match (tag.name.as_str(), tag.get("type")) {
                ("input", "radio" | "checkbox") => tag.attributes.contains_key("checked"),
                ("input", "submit" | "button") => false,
                ("input", _) => true,
                ("button", _) => tag.get("value") == button,
                _ => false,
            };
            if is_submitted && !tag.get("name").is_empty() {
                pressed |= tag.name == "button";
                fields.push((tag.get("name").to_owned(), tag.get("value").to_owned()));
            }
        }
        pressed.then_some(Self { action, fields })
    }

    /// Returns the value of a field.
    pub(super) fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// Returns the number of submitted fields.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns the request body.
    pub(super) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }
}

/// Returns the text of the first heading.
pub(super) fn heading(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<h1>")?;
    rest.split_once("</h1>").map(|(heading, _)| heading)
}

struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    fn read(text: &str) -> Self {
        let (name, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mut attributes = BTreeMap::new();
        loop {
            rest = rest.trim_start();
            let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace());
            let (attribute, after) = rest.split_at(end.unwrap_or(rest.len()));
            if attribute.is_empty() {
                break;
            }
            let quoted = after
                .strip_prefix("=\"")
                .and_then(|after| after.split_once('"'));
            let (value, after) = quoted.unwrap_or(("", after.trim_start_matches('=')));
            attributes.insert(attribute.to_ascii_lowercase(), unescape(value));
            rest = after;
        }
        Self {
            name: name.to_ascii_lowercase(),
            attributes,
        }
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag> {
    html.split('<')
        .skip(1)
        .filter_map(|text| text.split_once('>'))
        .map(|(tag, _)| Tag::read(tag))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><h1>Pay A &amp; B</h1><p>first</p>
        <form method="post">
        <input type="text" name="amount" value="55.00">
        <label><input type="radio" name="method" value="upi" checked> UPI</label>
        <label><input type="radio" name="method" value="card"> Card</label>
        <input type="text" name="note" value="a &quot;b&quot; &amp;lt;">
        <button type="submit" name="outcome" value="pay">Pay</button>
        <button type="submit" name="outcome" value="fail">Fail</button>
        </form><input name="outside" value="1">"#;

    #[test]
    fn a_form_is_submitted_with_its_preset_values() {
        let page: Url = "http://127.0.0.1:1/links/x".parse().unwrap();
        let form = Form::find(&page, PAGE, "pay").unwrap();
        assert_eq!(form.action, page);
        assert_eq!(
            form.encoded(),
            "amount=55.00&method=upi&note=a+%22b%22+%26lt%3B&outcome=pay"
        );
        assert_eq!((form.value("method"), form.len()), ("upi", 4));
        assert_eq!(heading(PAGE), Some("Pay A &amp; B"));
    }

    #[test]
    fn a_page_without_the_form_or_the_button_has_no_form() {
        let page: Url = "http://127.0.0.1:1/".parse().unwrap();
        assert_eq!(Form::find(&page, PAGE, "leave"), None);
        assert_eq!(Form::find(&page, "<p>paid</p>", "pay"), None);
        assert_eq!(
            Form::find(&page, "<form method=\"get\"></form>", "pay"),
            None
        );
    }
}
