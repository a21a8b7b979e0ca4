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
    /// It does not.
    pub async fn sees(&self, text: &str) {
        self.wait(async || {
            if one_line(&self.text().await?).contains(text) {
                return Ok(());
            }
            Err(format!("the page does not show {text:?}"))
        })
        .await;
    }

    /// Waits for this text by loading the page again and again, as one does where nothing changes by itself.
    ///
    /// # Panics
    /// It does not come.
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
    /// It does not, or several.
    pub async fn sees_picture(&self, name: &str) {
        self.wait(async || self.named(&PICTURE, name, None).await)
            .await;
    }

    /// Waits until the page does not show this text. A page that has yet to change does not show it either:
    /// first see what it changes to.
    ///
    /// # Panics
    /// It still does.
    pub async fn does_not_see(&self, text: &str) {
        self.wait(async || {
            if one_line(&self.text().await?).contains(text) {
                return Err(format!("the page still shows {text:?}"));
            }
            Ok(())
        })
        .await;
    }

    /// Waits until this is the one main heading: the page that was expected is there.
    ///
    /// # Panics
    /// It stays another.
    pub async fn sees_heading(&self, heading: &str) {
        self.wait(async || match self.main_heading().await? {
            found if found == heading => Ok(()),
            found => Err(format!("the main heading is {found:?}, not {heading:?}")),
        })
        .await;
    }

    /// The one main heading.
    ///
    /// # Panics
    /// There is none, or more than one.
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

    /// The cells of the one table row that shows this text.
    ///
    /// # Panics
    /// There is none, or more than one.
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

    /// What the page holds against what is in the field with this label; empty if nothing.
    ///
    /// # Panics
    /// There is no such field, or it is marked as wrong and nothing that belongs to it says why.
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

    /// The page as it was sent and changed since, with what nobody sees.
    ///
    /// # Panics
    /// The browser does not answer.
    pub async fn source(&self) -> String {
        wire::text(&self.wire.get("/source").await.expect("a page"))
    }

    /// Something that is the same until a page is loaded.
    ///
    /// # Panics
    /// The browser does not answer.
    pub async fn load(&self) -> String {
        let script = "return String(performance.timeOrigin)";
        let origin = self.evaluate(script, json!([])).await;
        wire::text(&origin.expect("a page was loaded"))
    }

    /// The visible text.
    pub(super) async fn text(&self) -> Result<String, String> {
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.evaluate(script, json!([])).await?;
        Ok(wire::text(&text))
    }
}
