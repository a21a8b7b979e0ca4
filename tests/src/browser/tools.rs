use std::path::PathBuf;

use test_support::tool_path;

/// The browser, its driver and the accessibility rules, as `cargo xtask test` prepares them.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) driver: PathBuf,
    /// The path of the browser; `None` for the one that the driver finds by itself.
    pub(super) browser: Option<PathBuf>,
}

/// The variable with the path of the accessibility rules. `cargo xtask test` sets it once all tools are installed.
const RULES: &str = "AXE_CORE_JS";

impl Tools {
    /// Returns the tools that the environment names, if any.
    pub(super) fn of_environment() -> Option<Self> {
        tool_path(
            RULES,
            "no browser was started; `cargo xtask test` installs what it takes",
        )?;
        Some(Self {
            driver: path("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into()),
            browser: path("CHROMIUM"),
        })
    }

    /// Returns the source of the accessibility rules.
    pub(super) fn rules() -> String {
        let file = path(RULES).expect("a browser runs only where they are");
        std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()))
    }
}

fn path(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable)?;
    (!value.is_empty()).then(|| value.into())
}
