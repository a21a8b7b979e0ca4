use std::path::PathBuf;

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
    /// What the environment names, or nothing, said aloud. A build server has to have them.
    pub(super) fn of_environment() -> Option<Self> {
        if path(RULES).is_none() {
            assert!(
                path("CI").is_none(),
                "{RULES} must be set on a build server: `cargo xtask test` does it"
            );
            eprintln!(
                "NOT RUN: {RULES} is not set, no browser was started; `cargo xtask test` installs what it takes"
            );
            return None;
        }
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
