//! The promises of the conformance kit's guide, followed to the letter: a crate outside the workspace, begun with the
//! guide's own files, then given the smallest provider's code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const GUIDE: &str = include_str!("../../crates/payment-provider-conformance/README.md");
const SMALLEST: &str = "provider-bank-transfer";

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

/// Returns the file of this name from the guide: the block of code after its mark.
fn of_the_guide(name: &str) -> String {
    let mark = format!("<!-- file: {name} -->\n```");
    let (_, after) = GUIDE.split_once(&mark).expect("the guide has the file");
    let (_, code) = after.split_once('\n').expect("a block of code");
    let (code, _) = code.split_once("\n```").expect("the block's end");
    format!("{code}\n")
}

/// Points the manifest at the local paths of our crates, since possibly no other version of them is published.
fn with_paths(manifest: &str) -> String {
    let mut manifest = manifest.to_owned();
    for name in ["payment-provider-core", "payment-provider-conformance"] {
        let published = format!("{name} = \"0.1\"");
        assert!(manifest.contains(&published), "the guide asks for {name}");
        manifest = manifest.replace(&published, &by_path(name));
    }
    manifest
}

fn by_path(name: &str) -> String {
    let path = root().join("crates").join(name);
    format!("{name} = {{ path = {:?} }}", path.display().to_string())
}

struct FreshCrate(tempfile::TempDir);

impl FreshCrate {
    fn new() -> Self {
        let fresh = Self(tempfile::tempdir().expect("a directory"));
        // The lock file holds the versions that the rest is tested with.
        fs::copy(root().join("Cargo.lock"), fresh.path("Cargo.lock")).expect("a copy");
        fresh
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let target = root().join("target/fresh-crate");
        Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("RUSTFLAGS")
            .output()
            .expect("cargo runs")
    }

    /// Builds the tests, and prints the output if that fails.
    fn build(&self) {
        let built = self.cargo(&["test", "--no-run"]);
        let printed = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{printed}");
        assert!(!printed.contains("warning: unused"), "{printed}");
    }

    /// Returns every case by its id, with its result.
    fn report(&self) -> Vec<(String, String)> {
        let run = self.cargo(&["test", "--test", "conformance", "--", "--report", "json"]);
        let printed = String::from_utf8_lossy(&run.stdout);
        let report: Value = serde_json::from_str(&printed).unwrap_or_else(|error| {
            let complaint = String::from_utf8_lossy(&run.stderr);
            panic!("no report ({error}): {printed}\n{complaint}");
        });
        let passed = report["passed"].as_bool().expect("a verdict");
        assert_eq!(run.status.success(), passed, "the exit status tells too");
        let cases = report["cases"].as_array().expect("cases");
        let text = |case: &Value, name: &str| case[name].as_str().expect("a text").to_owned();
        cases
            .iter()
            .map(|case| (text(case, "id"), text(case, "outcome")))
            .collect()
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Returns the manifest of a crate of this workspace as it would be outside of it.
fn manifest_of(name: &str) -> String {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == name);
    let package = package.expect("the crate");
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = {}\n",
        package["edition"]
    );
    for (section, kind) in [
        ("dependencies", Value::Null),
        ("dev-dependencies", "dev".into()),
    ] {
        for text in ["\n[", section, "]\n"] {
            manifest.push_str(text);
        }
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        for dependency in dependencies
            .iter()
            .filter(|dependency| dependency["kind"] == kind)
        {
            let name = dependency["name"].as_str().expect("a name");
            let line = if dependency["path"].is_string() {
                by_path(name)
            } else {
                format!(
                    "{name} = {{ version = {}, features = {}, default-features = {} }}",
                    dependency["req"], dependency["features"], dependency["uses_default_features"]
                )
            };
            manifest.push_str(&line);
            manifest.push('\n');
        }
    }
    manifest + "\n[[test]]\nname = \"conformance\"\nharness = false\n"
}

#[test]
fn the_guide_leads_from_an_empty_crate_to_a_green_one() {
    let fresh = FreshCrate::new();
    fresh.write("Cargo.toml", &with_paths(&of_the_guide("Cargo.toml")));
    fresh.write("src/lib.rs", &of_the_guide("src/lib.rs"));
    fresh.write(
        "tests/conformance.rs",
        &of_the_guide("tests/conformance.rs"),
    );
    fresh.build();
    let first = fresh.report();
    let missing = |cases: &[(String, String)]| -> Vec<String> {
        let missing = cases
            .iter()
            .filter(|(_, outcome)| !matches!(outcome.as_str(), "passed" | "not_applicable"));
        missing.map(|(id, _)| id.clone()).collect()
    };
    let at_first = missing(&first);
    println!("the first run: {} cases are missing", at_first.len());
    for id in [
        "create.matches-the-request",
        "settings.rejects-blank-secrets",
    ] {
        assert!(
            at_first.iter().any(|missing| missing == id),
            "{id} is not missing at first"
        );
    }
    assert!(
        at_first.len() > first.len() / 2,
        "an empty provider passes most cases"
    );

    let smallest = root().join("examples").join(SMALLEST);
    fresh.write("Cargo.toml", &manifest_of(SMALLEST));
    for folder in ["src", "tests"] {
        fs::remove_dir_all(fresh.path(folder)).expect("a folder");
        copy_all(&smallest.join(folder), &fresh.path(folder));
    }
    fs::copy(smallest.join("README.md"), fresh.path("README.md")).expect("a copy");
    fresh.build();
    let last = fresh.report();
    assert_eq!(missing(&last), [""; 0], "with the smallest provider's code");
    assert_eq!(last.len(), first.len(), "the cases are the same");
    let passed = last
        .iter()
        .filter(|(_, outcome)| outcome == "passed")
        .count();
    println!(
        "the last run: {passed} of {} cases apply, and pass",
        last.len()
    );
    assert!(passed > 40, "only {passed} cases apply");
}
