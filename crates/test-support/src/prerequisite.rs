//! References and tools that a machine may lack, and the tests that need them.
//!
//! Each is named by an environment variable. A test whose variable is not set says that it was not run, and passes. Where
//! [`REQUIRE_REFERENCES`] or [`REQUIRE_TOOLS`] is set, as in the workspace's own CI, it fails instead.

use std::path::PathBuf;

/// Set where every reference must be present: a test without its reference fails.
pub const REQUIRE_REFERENCES: &str = "REQUIRE_REFERENCES";

/// Set where every tool must be present: a test without its tool fails.
pub const REQUIRE_TOOLS: &str = "REQUIRE_TOOLS";

/// The folder of published documents that `variable` names. Where there is none, prints that `what` was not run.
///
/// # Panics
/// There is none, and [`REQUIRE_REFERENCES`] is set.
pub fn reference_dir(variable: &str, what: &str) -> Option<PathBuf> {
    find(variable, REQUIRE_REFERENCES, what, path)
}

/// The program or file that `variable` names. Where there is none, prints that `what` was not run.
///
/// # Panics
/// There is none, and [`REQUIRE_TOOLS`] is set.
pub fn tool_path(variable: &str, what: &str) -> Option<PathBuf> {
    find(variable, REQUIRE_TOOLS, what, path)
}

/// The value of an environment variable, unless it is empty.
fn path(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable)?;
    (!value.is_empty()).then(|| value.into())
}

fn find(
    variable: &str,
    required: &str,
    what: &str,
    environment: impl Fn(&str) -> Option<PathBuf>,
) -> Option<PathBuf> {
    let found = environment(variable);
    if found.is_none() {
        assert!(
            environment(required).is_none(),
            "{variable} is not set, and {required} is"
        );
        eprintln!("\n*** NOT RUN: {variable} is not set: {what} ***\n");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_with(set: &[&str]) -> Option<PathBuf> {
        let environment = |variable: &str| set.contains(&variable).then(|| variable.into());
        find("DIR", REQUIRE_REFERENCES, "samples", environment)
    }

    #[test]
    fn a_missing_reference_skips_a_test_unless_references_are_required() {
        assert_eq!(find_with(&["CI"]), None);
        assert_eq!(find_with(&["DIR"]), Some("DIR".into()));
        assert_eq!(find_with(&["DIR", REQUIRE_REFERENCES]), Some("DIR".into()));
        let failed = std::panic::catch_unwind(|| find_with(&[REQUIRE_REFERENCES]));
        assert!(failed.is_err());
    }
}
