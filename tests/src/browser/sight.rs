use serde_json::json;

use super::element::{Kind, one_line};
use super::{Browser, wire};

const PICTURE: Kind = Kind {
    called: "picture",
    selector: "img, svg[role=img]",
    by_beginning: false,
};

impl Browser {
    /// Waits until the page shows this text, wherever its white space breaks.
    ///
    /// # Panics
    /// Panics if the text does not appear.
    pub async fn sees(&self, text: &str) {
        self.wait(async || {
            if one_line(&self.text().await?).contains(text) {
                return Ok(());
            }
            Err(format!("the page does not show {text:?}"))
        })
        .await;
    }

    /// Waits for this text by loading the page again and again, as a person does if the page does not update itself.
    ///
    /// # Panics
    /// Panics if the text does not appear.
    pub async fn sees_after_reloading(&self, text: &str) {
        self.wait(async || {
            if one_line(&self.text().await?).contains(text) {
                return Ok(());
            }
            self.wire.post("/refresh", &json!({})).await?;
            Err(format!(
                "the page does not show {text:?}, however often it is loaded"
            ))
        })
        .await;
    }

    /// Waits until the page shows a picture of this name.
    ///
    /// # Panics
    /// Panics if there is none, or more than one.
    pub async fn sees_picture(&self, name: &str) {
        self.wait(async || self.named(&PICTURE, name, None).await)
            .await;
    }

    /// Waits until the page does not show this text. A page that has yet to change does not show it either: wait first
    /// for the content after the change.
    ///
    /// # Panics
    /// Panics if the page still shows it.
    pub async fn does_not_see(&self, text: &str) {
        self.wait(async || {
            if one_line(&self.text().await?).contains(text) {
                return Err(format!("the page still shows {text:?}"));
            }
            Ok(())
        })
        .await;
    }

    /// Waits until this is the one main heading, which means that the expected page is loaded.
    ///
    /// # Panics
    /// Panics if the heading stays different.
    pub async fn sees_heading(&self, heading: &str) {
        self.wait(async || match self.main_heading().await? {
            found if found == heading => Ok(()),
            found => Err(format!("the main heading is {found:?}, not {heading:?}")),
        })
        .await;
    }

    /// Returns the one main heading.
    ///
    /// # Panics
    /// Panics if there is none, or more than one.
    pub async fn heading(&self) -> String {
        self.wait(async || self.main_heading().await).await
    }

    async fn main_heading(&self) -> Result<String, String> {
        let script = "return [...document.querySelectorAll('h1')].map(h => h.innerText)";
        let found = self.evaluate(script, json!([])).await?;
        match found.as_array().map(Vec::as_slice) {
            Some([heading]) => Ok(one_line(&wire::text(heading))),
            _ => Err(format!("not one main heading, but {found}")),
        }
    }

    /// Returns the cells of the one table row that shows this text.
    ///
    /// # Panics
    /// Panics if there is none, or more than one.
    pub async fn row(&self, text: &str) -> Vec<String> {
        self.wait(async || {
            let script = "return [...document.querySelectorAll('tr')]
                .filter(row => row.checkVisibility())
                .map(row => [...row.cells].map(cell => cell.innerText))";
            let rows = self.evaluate(script, json!([])).await?;
            let rows: Vec<Vec<String>> =
                serde_json::from_value(rows).map_err(|error| error.to_string())?;
            let mut fitting: Vec<_> = rows
                .iter()
                .map(|cells| cells.iter().map(|cell| one_line(cell)).collect::<Vec<_>>())
                .filter(|cells| cells.join(" ").contains(text))
                .collect();
            match fitting.pop() {
                Some(row) if fitting.is_empty() => Ok(row),
                Some(_) => Err(format!("several rows show {text:?}")),
                None => Err(format!("no row shows {text:?}, only {rows:?}")),
            }
        })
        .await
    }

    /// Returns the page's error message for the field with this label; empty if there is none.
    ///
    /// # Panics
    /// Panics if there is no such field, or if it is marked as wrong and no element that belongs to it gives the
    /// reason.
    pub async fn complaint(&self, label: &str) -> String {
        let found = self
            .wait(async || {
                let field = self.field(label).await?;
                let script = "const field = arguments[0];
                    if (field.ariaInvalid !== 'true') return '';
                    const words = (field.getAttribute('aria-describedby') ?? '').trim().split(/\\s+/)
                        .map(id => document.getElementById(id)).filter(one => one?.checkVisibility())
                        .map(one => one.innerText).join(' ');
                    return words === '' ? null : words";
                let words = self.evaluate(script, json!([field.argument()])).await?;
                if words.is_null() {
                    return Err(format!("{label:?} is wrong, and nothing says why"));
                }
                Ok(words)
            })
            .await;
        one_line(&wire::text(&found))
    }

    /// Returns the source of the page, as it was sent and changed since, including its invisible parts.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn source(&self) -> String {
        wire::text(&self.wire.get("/source").await.expect("a page"))
    }

    /// Returns a value that stays the same until a page is loaded.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn load(&self) -> String {
        let script = "return String(performance.timeOrigin)";
        let origin = self.evaluate(script, json!([])).await;
        wire::text(&origin.expect("a page was loaded"))
    }

    /// Returns the visible text.
    pub(super) async fn text(&self) -> Result<String, String> {
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.evaluate(script, json!([])).await?;
        Ok(wire::text(&text))
    }
}
