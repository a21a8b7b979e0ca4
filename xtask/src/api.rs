//! Snapshots of the public API of each published crate.
//!
//! A change of the API shows as a change of a text file, which is reviewed like code. The snapshots are made from
//! rustdoc's JSON, which only a nightly toolchain writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo::{cargo, read};
use crate::install::ensure;
use crate::report::{Outcome, Report};
use crate::target::target;
use crate::tools::{C_COMPILER, PUBLIC_API, has_nightly};
use crate::workspace::{Crate, published, root};

/// The folder of the snapshots.
const FOLDER: &str = "api";

/// The command that writes them.
const REFRESH: &str = "cargo xtask api --refresh";

/// All crates are built with the features that the workspace as a whole turns on, so that dependencies are built once.
const ONE_BUILD: [(&str, &str); 2] = [
    ("CARGO_RESOLVER_FEATURE_UNIFICATION", "workspace"),
    ("CARGO_UNSTABLE_FEATURE_UNIFICATION", "true"),
];

/// Compares the API of each published crate with its snapshot.
pub(crate) fn check(report: &mut Report) {
    report.run("public API", || with_tools(compare_all));
}

/// Writes the snapshots.
pub(crate) fn refresh(report: &mut Report) {
    report.run("public API", || with_tools(write_all));
}

/// Set where every tool must be present, as in this workspace's own CI: a missing one fails the step.
const REQUIRE_TOOLS: &str = "REQUIRE_TOOLS";

/// Runs a step if its tools are present or can be installed.
fn with_tools(step: impl FnOnce() -> Result<Outcome, String>) -> Outcome {
    let missing = if has_nightly() {
        ensure(&[&C_COMPILER, &PUBLIC_API]).err()
    } else {
        Some("there is no toolchain `nightly`, which rustdoc's JSON needs".to_owned())
    };
    match missing {
        None => step().unwrap_or_else(Outcome::Failed),
        Some(missing) if is_set(REQUIRE_TOOLS) => Outcome::Failed(missing),
        Some(missing) => Outcome::NotRun(missing),
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn compare_all() -> Result<Outcome, String> {
    let packages = published()?;
    if !packages.iter().any(|package| snapshot(package).exists()) {
        return Ok(Outcome::NotRun(format!(
            "there are no snapshots yet; `{REFRESH}` writes them"
        )));
    }
    let mut changed = Vec::new();
    for package in &packages {
        let path = snapshot(package);
        let recorded = fs::read_to_string(&path).unwrap_or_default();
        let differences = differences(&recorded, &api(package)?);
        for difference in &differences {
            eprintln!("{}: {difference}", package.name());
        }
        if !differences.is_empty() || !path.exists() {
            changed.push(package.name().to_owned());
        }
    }
    Ok(if changed.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed(format!(
            "the API of {} differs from its snapshot; if that is intended, run `{REFRESH}`",
            changed.join(", ")
        ))
    })
}

fn write_all() -> Result<Outcome, String> {
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for package in published()? {
        let path = snapshot(&package);
        fs::write(&path, api(&package)?).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(Outcome::Passed)
}

fn snapshot(package: &Crate) -> PathBuf {
    root().join(FOLDER).join(format!("{}.txt", package.name()))
}

/// The public API of a package with all features, an item a line.
fn api(package: &Crate) -> Result<String, String> {
    read(&mut api_command(package))
}

fn api_command(package: &Crate) -> Command {
    let mut command = cargo([
        "public-api",
        "--package",
        package.name(),
        "--all-features",
        // Leaves out what every type has, and derived implementations.
        "-sss",
        "--color=never",
        "--target-dir",
    ]);
    command
        .arg(target().join("public-api"))
        .envs(ONE_BUILD)
        .current_dir(root());
    command
}

/// The lines that only one of the texts has.
fn differences(recorded: &str, present: &str) -> Vec<String> {
    let [recorded_lines, present_lines] =
        [recorded, present].map(|text| text.lines().collect::<BTreeSet<_>>());
    let removed = recorded_lines
        .difference(&present_lines)
        .map(|line| format!("- {line}"));
    let added = present_lines
        .difference(&recorded_lines)
        .map(|line| format!("+ {line}"));
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::{api_command, differences};
    use crate::workspace::Crate;

    #[test]
    fn a_changed_item_is_shown_as_removed_and_added() {
        let recorded = "pub fn a::f()\npub fn a::g()\n";
        let present = "pub fn a::f(u8)\npub fn a::g()\n";
        assert_eq!(
            differences(recorded, present),
            ["- pub fn a::f()", "+ pub fn a::f(u8)"]
        );
        assert!(differences(recorded, recorded).is_empty());
    }

    #[test]
    fn each_package_is_read_with_all_features_into_a_folder_of_its_own() {
        let command = api_command(&Crate {
            folder: "crates/a".to_owned(),
        });
        let args: Vec<_> = command
            .get_args()
            .map(|arg| arg.to_string_lossy())
            .collect();
        let line = args.join(" ");
        assert!(line.starts_with("public-api --package a --all-features"));
        assert!(line.ends_with("/public-api"), "{line}");
    }
}
