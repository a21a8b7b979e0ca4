use serde_json::json;

use super::element::{Element, Kind};
use super::{Browser, wire};

const BUTTON_OR_LINK: Kind = Kind {
    called: "button or link",
    selector: "button, a[href], summary, input[type=submit], input[type=button], [role=button], [role=link]",
    by_beginning: false,
};

const FIELD: Kind = Kind {
    called: "field",
    selector: "input:not([type=hidden], [type=radio], [type=checkbox], [type=submit], [type=button]), textarea",
    by_beginning: true,
};

const SELECTION: Kind = Kind {
    called: "selection",
    selector: "select",
    by_beginning: true,
};

const TICK: Kind = Kind {
    called: "radio button or box",
    selector: "input[type=radio], input[type=checkbox]",
    by_beginning: true,
};

impl Browser {
    /// Clicks the one button or link of this name, and waits for the page that it leads to.
    ///
    /// # Panics
    /// Panics if there is none, or more than one.
    pub async fn click(&self, name: &str) {
        self.wait(async || {
            let element = self.named(&BUTTON_OR_LINK, name, None).await?;
            self.press(&element).await
        })
        .await;
    }

    /// Clicks the button or link of this name in the table row, list item or section that has this text.
    ///
    /// # Panics
    /// Panics if there is none, or more than one.
    pub async fn click_beside(&self, text: &str, name: &str) {
        self.wait(async || {
            let element = self.named(&BUTTON_OR_LINK, name, Some(text)).await?;
            self.press(&element).await
        })
        .await;
    }

    /// Replaces the text of the field with this label.
    ///
    /// # Panics
    /// Panics if there is none, or it accepts no text.
    pub async fn fill(&self, label: &str, text: &str) {
        self.wait(async || {
            let field = self.named(&FIELD, label, None).await?;
            self.wire.post(&field.path("clear"), &json!({})).await?;
            self.wire
                .post(&field.path("value"), &json!({"text": text}))
                .await
        })
        .await;
    }

    /// Returns the value of the field or selection with this label.
    ///
    /// # Panics
    /// Panics if there is none.
    pub async fn value(&self, label: &str) -> String {
        let held = self
            .wait(async || {
                let field = self.field(label).await?;
                let script = "const field = arguments[0];
                    return field.selectedOptions ? field.selectedOptions[0]?.label : field.value";
                self.evaluate(script, json!([field.argument()])).await
            })
            .await;
        wire::text(&held)
    }

    /// Chooses the option that begins with `option` of the selection with this label.
    ///
    /// # Panics
    /// Panics if there is no such selection or option.
    pub async fn choose(&self, label: &str, option: &str) {
        self.wait(async || {
            let selection = self.named(&SELECTION, label, None).await?;
            let mut others = Vec::new();
            let below = selection.path("");
            for found in self.find_all(below.trim_end_matches('/'), "option").await? {
                let shown = wire::text(&self.wire.get(&found.path("text")).await?);
                if shown.trim().starts_with(option) {
                    return self.press(&found).await;
                }
                others.push(shown);
            }
            Err(format!(
                "{label:?} has no option {option:?}, only {others:?}"
            ))
        })
        .await;
    }

    /// Selects the radio button or ticks the box with this label.
    ///
    /// # Panics
    /// Panics if there is none, or its state does not change.
    pub async fn pick(&self, label: &str) {
        self.wait(async || {
            let tick = self.named(&TICK, label, None).await?;
            self.press(&tick).await?;
            match self.wire.get(&tick.path("selected")).await? {
                selected if selected == true => Ok(()),
                _ => Err(format!("{label:?} is not picked after a click")),
            }
        })
        .await;
    }

    /// Returns the field or selection with this label.
    pub(super) async fn field(&self, label: &str) -> Result<Element, String> {
        match self.named(&FIELD, label, None).await {
            Ok(field) => Ok(field),
            Err(_) => self.named(&SELECTION, label, None).await,
        }
    }

    async fn press(&self, element: &Element) -> Result<(), String> {
        self.wire.post(&element.path("click"), &json!({})).await?;
        Ok(())
    }
}
