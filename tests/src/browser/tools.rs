use std::path::PathBuf;

use test_support::tool_path;

/// The browser, its driver and the accessibility rules, as `cargo xtask test` prepares them.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) driver: PathBuf,
    /// `None`: the one that the driver finds by itself.
    pub(super) browser: Option<PathBuf>,
}

/// Where the accessibility rules lie. Set by `cargo xtask test` once all tools are there.
const RULES: &str = "AXE_CORE_JS";

impl Tools {
    /// The tools that the environment names, if any.
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

    /// The program of the accessibility rules.
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
