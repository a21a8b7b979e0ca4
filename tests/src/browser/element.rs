use serde_json::{Value, json};

use super::{Browser, wire};

/// The key that the protocol gives to a reference to an element.
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The script that finds elements by their text. The driver computes each name slowly, and pages have many elements.
const MENTIONING: &str = "
    const [selector, name] = arguments;
    const words = one => [one.ariaLabel, one.textContent, ...[...one.labels ?? []].map(label => label.textContent)];
    const line = text => (text ?? '').replace(/\\s+/g, ' ');
    return [...document.querySelectorAll(selector)].filter(one => words(one).some(text => line(text).includes(name)))";

/// An element of the page as it was when it was found.
#[derive(Debug, Clone)]
pub(super) struct Element(String);

/// A kind of element: the name of the kind, and the way to find candidates.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) called: &'static str,
    pub(super) selector: &'static str,
    /// True if the beginning of a name is enough: labels may go on with a hint.
    pub(super) by_beginning: bool,
}

impl Element {
    fn read(value: &Value) -> Option<Self> {
        Some(Self(value[REFERENCE].as_str()?.to_owned()))
    }

    /// Returns the element as an argument of a script.
    pub(super) fn argument(&self) -> Value {
        json!({REFERENCE: self.0})
    }

    /// Returns the path of a command about this element.
    pub(super) fn path(&self, command: &str) -> String {
        format!("/element/{}/{command}", self.0)
    }
}

impl Browser {
    /// Returns the one visible element of this kind and name; with `beside`, the one whose row, item or section has
    /// that text.
    pub(super) async fn named(
        &self,
        kind: &Kind,
        name: &str,
        beside: Option<&str>,
    ) -> Result<Element, String> {
        let mut others = Vec::new();
        let mut exact = Vec::new();
        let mut beginning = Vec::new();
        for element in self.candidates(kind, name).await? {
            let found = self.name(&element).await?;
            let fitting = match () {
                () if found == name => &mut exact,
                () if kind.by_beginning && found.starts_with(name) => &mut beginning,
                () => {
                    others.push(found);
                    continue;
                }
            };
            if self.can_be_used(&element, beside).await? {
                fitting.push(element);
            }
        }
        let fitting = if exact.is_empty() { beginning } else { exact };
        let place = beside.map_or_else(String::new, |text| format!(" beside {text:?}"));
        match <[Element; 1]>::try_from(fitting) {
            Ok([element]) => Ok(element),
            Err(none) if none.is_empty() => Err(format!(
                "there is no visible {} {name:?}{place}, only {others:?}",
                kind.called
            )),
            Err(several) => Err(format!(
                "not one visible {} {name:?}{place}, but {}",
                kind.called,
                several.len()
            )),
        }
    }

    /// Returns the elements of a kind that have this name somewhere in their text; all of the kind if there are none.
    async fn candidates(&self, kind: &Kind, name: &str) -> Result<Vec<Element>, String> {
        let found = self
            .evaluate(MENTIONING, json!([kind.selector, name]))
            .await?;
        let found = elements(&found);
        if found.is_empty() {
            return self.find_all("", kind.selector).await;
        }
        Ok(found)
    }

    /// Returns the elements that match a CSS selector, below a path (an element's, or empty for the page).
    pub(super) async fn find_all(
        &self,
        below: &str,
        selector: &str,
    ) -> Result<Vec<Element>, String> {
        let query = json!({"using": "css selector", "value": selector});
        let found = self.wire.post(&format!("{below}/elements"), &query).await?;
        Ok(elements(&found))
    }

    /// Returns the element that has the keyboard focus.
    pub(super) async fn active(&self) -> Result<Element, String> {
        let active = self.wire.get("/element/active").await?;
        Element::read(&active).ok_or_else(|| "nothing has the keyboard".to_owned())
    }

    /// Returns the name as a screen reader says it.
    pub(super) async fn name(&self, element: &Element) -> Result<String, String> {
        let name = self.wire.get(&element.path("computedlabel")).await?;
        Ok(one_line(&wire::text(&name)))
    }

    async fn can_be_used(&self, element: &Element, beside: Option<&str>) -> Result<bool, String> {
        let visible = self.wire.get(&element.path("displayed")).await?;
        let Some(text) = beside else {
            return Ok(visible == true);
        };
        let around = self
            .evaluate(
                "const near = arguments[0].closest('tr, li, fieldset, article, section');
                 return near ? near.innerText : ''",
                json!([element.argument()]),
            )
            .await?;
        Ok(visible == true && one_line(&wire::text(&around)).contains(text))
    }
}

fn elements(found: &Value) -> Vec<Element> {
    let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
    found.iter().filter_map(Element::read).collect()
}

/// Returns the text with each run of white space as one space, as a page shows it.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
