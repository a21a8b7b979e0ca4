use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Browser, wire};

/// The maximum height of a picture, in CSS pixels.
const HIGHEST: u64 = 4000;

/// The screen that the page is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 390 by 844 CSS pixels, two device pixels to each.
    Phone,
    /// 1280 by 900 CSS pixels.
    Desktop,
}

impl Screen {
    const fn width(self) -> u64 {
        match self {
            Self::Phone => 390,
            Self::Desktop => 1280,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }

    fn metrics(self) -> Value {
        let (height, dots, mobile) = match self {
            Self::Phone => (844, 2, true),
            Self::Desktop => (900, 1, false),
        };
        json!({"width": self.width(), "height": height, "deviceScaleFactor": dots, "mobile": mobile})
    }
}

impl Browser {
    /// Returns true if the page has to be scrolled sideways on a phone.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn overflows(&self) -> bool {
        self.use_screen(Screen::Phone).await;
        let (width, _) = self.extent().await;
        self.use_screen(self.screen).await;
        width > Screen::Phone.width()
    }

    /// Returns the amounts that a phone shows on more than one line, each with the text around it.
    ///
    /// An amount is `₹1,499.00`, or a code with digits, `USD 12.00`.
    ///
    /// # Panics
    /// Panics if the browser does not answer.
    pub async fn broken_amounts(&self) -> Vec<String> {
        // The lines of a text are the rectangles of its range. A rectangle without width is the end of a line.
        const FIND: &str = r"
            const found = [];
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
              const node = texts.currentNode;
              for (const match of node.data.matchAll(/-?₹[\d,.]*\d|\b[A-Z]{3}\s-?[\d,.]*\d/g)) {
                const range = document.createRange();
                range.setStart(node, match.index);
                range.setEnd(node, match.index + match[0].length);
                const lines = new Set();
                for (const box of range.getClientRects()) {
                  if (box.width > 0) lines.add(Math.round(box.top));
                }
                if (lines.size > 1) found.push(`${match[0]} in: ${node.parentElement.textContent.trim()}`);
              }
            }
            return found;";
        self.use_screen(Screen::Phone).await;
        let found = self.evaluate(FIND, json!([])).await;
        self.use_screen(self.screen).await;
        let found = found.expect("a page has texts");
        serde_json::from_value(found).expect("a list of texts")
    }

    /// Writes `<name>-phone.png` and `<name>-desktop.png` with the whole page to `target/screenshots`, and returns
    /// their paths.
    ///
    /// # Panics
    /// Panics if they cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Vec<PathBuf> {
        let folder = folder();
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let mut files = Vec::new();
        for screen in [Screen::Phone, Screen::Desktop] {
            self.use_screen(screen).await;
            let file = folder.join(format!("{name}-{}.png", screen.name()));
            let picture = self.picture(screen).await;
            std::fs::write(&file, picture).expect("the picture can be written");
            files.push(file);
        }
        self.use_screen(self.screen).await;
        files
    }

    /// Sets the preferred color scheme: light on dark, or dark on light.
    pub(super) async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let wish = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let set = self.command("Emulation.setEmulatedMedia", wish).await;
        set.expect("the colours can be chosen");
    }

    pub(super) async fn use_screen(&self, screen: Screen) {
        let set = self
            .command("Emulation.setDeviceMetricsOverride", screen.metrics())
            .await;
        set.expect("the screen can be chosen");
    }

    async fn picture(&self, screen: Screen) -> Vec<u8> {
        let (_, height) = self.extent().await;
        let clip = json!({
            "x": 0, "y": 0, "width": screen.width(), "height": height.min(HIGHEST), "scale": 1,
        });
        let wanted = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.command("Page.captureScreenshot", wanted).await;
        let taken = taken.expect("a picture can be taken");
        STANDARD
            .decode(wire::text(&taken["data"]))
            .expect("a picture in base64")
    }

    /// Returns the width and height of the page.
    async fn extent(&self) -> (u64, u64) {
        let script = "const page = document.documentElement;
            return [page.scrollWidth, page.scrollHeight]";
        let found = self.evaluate(script, json!([])).await;
        let found = found.expect("a page has an extent");
        let side = |index: usize| found[index].as_u64().expect("whole pixels");
        (side(0), side(1))
    }
}

/// Returns the folder for screenshots. Test programs are in `target/<profile>/deps`.
fn folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test program has a path");
    let target = test.ancestors().nth(3).expect("a target folder");
    target.join("screenshots")
}
