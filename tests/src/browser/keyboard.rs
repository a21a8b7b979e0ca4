use serde_json::json;

use super::Browser;

/// A key that moves through a page without a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Moves to the next control.
    Tab,
    /// Activates the control.
    Enter,
}

impl Key {
    /// Returns the character by which the protocol names the key.
    const fn code(self) -> &'static str {
        match self {
            Self::Tab => "\u{e004}",
            Self::Enter => "\u{e007}",
        }
    }
}

impl Browser {
    /// Presses and releases a key.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn hit(&self, key: Key) {
        let strokes = ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.code()}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        let stroke = json!({"actions": [keyboard]});
        let hit = self.wire.post("/actions", &stroke).await;
        hit.expect("a key can be pressed");
    }

    /// Returns the name of the control that has the keyboard focus.
    ///
    /// # Panics
    /// Panics if the focus is not visible: the control has no outline, or lies outside of the screen.
    pub async fn focused(&self) -> String {
        let script = "const one = arguments[0];
            const style = getComputedStyle(one), place = one.getBoundingClientRect();
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
                && place.width > 1 && place.height > 1 && place.left >= 0 && place.top >= 0
                && place.right <= innerWidth && place.bottom <= innerHeight;";
        let looked = async {
            let element = self.active().await?;
            let seen = self.evaluate(script, json!([element.argument()])).await?;
            Ok::<_, String>((self.name(&element).await?, seen == true))
        };
        match looked.await {
            Ok((name, true)) => name,
            Ok((name, false)) => {
                let why = format!("nobody can see that {name:?} has the keyboard");
                self.fail(&why).await
            }
            Err(why) => self.fail(&why).await,
        }
    }
}
