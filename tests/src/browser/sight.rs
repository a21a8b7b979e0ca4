use serde_json::json;

use super::element::one_line;
use super::{Browser, wire};

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

    /// The one main heading.
    ///
    /// # Panics
    /// There is none, or more than one.
    pub async fn heading(&self) -> String {
        self.wait(async || {
            let script = "return [...document.querySelectorAll('h1')].map(h => h.innerText)";
            let found = self.evaluate(script, json!([])).await?;
            match found.as_array().map(Vec::as_slice) {
                Some([heading]) => Ok(one_line(&wire::text(heading))),
                _ => Err(format!("not one main heading, but {found}")),
            }
        })
        .await
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

    /// The visible text.
    pub(super) async fn text(&self) -> Result<String, String> {
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.evaluate(script, json!([])).await?;
        Ok(wire::text(&text))
    }
}
