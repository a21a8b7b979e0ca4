//! The packages to publish: their files, sizes and manifests.

use std::fs;

use crate::cargo::{cargo, read};
use crate::report::{Outcome, Report};
use crate::target::target;
use crate::workspace::{Crate, published};

/// Files that every package contains.
const REQUIRED_FILES: [&str; 5] = [
    "CHANGELOG.md",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
];

/// Folders that no package contains: tests use crates that are not published, and large samples.
const EXCLUDED_FOLDERS: [&str; 2] = ["benches/", "tests/"];

/// Keys that every manifest has.
const REQUIRED_KEYS: [&str; 8] = [
    "categories",
    "description",
    "documentation",
    "keywords",
    "license",
    "name",
    "readme",
    "rust-version",
];

/// The attribute that labels items with the feature they need, and the setting that enables it on docs.rs.
const DOC_CFG: &str = "#![cfg_attr(docsrs, feature(doc_cfg))]";
const DOCSRS: &str = "rustdoc-args = [\"--cfg\", \"docsrs\"]";

/// Lists and makes all packages, without building them.
pub(crate) fn run_all(report: &mut Report) {
    report.run("packages", || match check() {
        Ok(problems) if problems.is_empty() => Outcome::Passed,
        Ok(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            Outcome::Failed(format!("{} problems, listed above", problems.len()))
        }
        Err(error) => Outcome::Failed(error),
    });
}

fn check() -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    let packages = published()?;
    for package in &packages {
        let name = package.name();
        let files = read(&mut cargo([
            "package",
            "--package",
            name,
            "--list",
            "--allow-dirty",
            "--quiet",
        ]))?;
        let files: Vec<&str> = files.lines().collect();
        let bytes: u64 = files
            .iter()
            .filter_map(|file| fs::metadata(package.path().join(file)).ok())
            .map(|metadata| metadata.len())
            .sum();
        eprintln!("{name:30} {:4} files, {:5} KiB", files.len(), bytes / 1024);
        problems.extend(of_files(name, &files));

        let read_text = |file: &str| {
            let path = package.path().join(file);
            fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))
        };
        let manifest = read_text("Cargo.toml")?;
        let library = read_text("src/lib.rs")?;
        problems.extend(of_manifest(package, &manifest, &library));
    }
    // All at once, since they depend on each other. What clippy has built is there without the network.
    let mut make = cargo(["package", "--no-verify", "--allow-dirty", "--offline"]);
    for package in &packages {
        make.args(["--package", package.name()]);
    }
    make.arg("--target-dir").arg(target().join("packages"));
    problems.extend(read(&mut make).err());
    Ok(problems)
}

/// Returns the problems of the files of a package.
fn of_files(package: &str, files: &[&str]) -> Vec<String> {
    let missing = REQUIRED_FILES
        .iter()
        .filter(|file| !files.contains(*file))
        .map(|file| format!("{package}: the package has no {file}"));
    let excess = EXCLUDED_FOLDERS
        .iter()
        .filter(|folder| files.iter().any(|file| file.starts_with(*folder)))
        .map(|folder| format!("{package}: the package holds {folder}"));
    missing.chain(excess).collect()
}

/// Returns the problems of a manifest and of the library it belongs to.
fn of_manifest(package: &Crate, manifest: &str, library: &str) -> Vec<String> {
    let folder = &package.folder;
    let has_key = |key: &str| {
        manifest
            .lines()
            .filter_map(|line| line.strip_prefix(key))
            .any(|rest| rest.trim_start().starts_with('=') || rest.starts_with(".workspace"))
    };
    let mut problems: Vec<String> = REQUIRED_KEYS
        .iter()
        .filter(|key| !has_key(key))
        .map(|key| format!("{folder}/Cargo.toml has no `{key}`"))
        .collect();
    let has_line = |text: &str, wanted: &str| text.lines().any(|line| line == wanted);
    if has_line(manifest, "[features]") {
        if !has_line(manifest, DOCSRS) {
            problems.push(format!("{folder}/Cargo.toml has no `{DOCSRS}`"));
        }
        if !has_line(library, DOC_CFG) {
            problems.push(format!("{folder}/src/lib.rs has no `{DOC_CFG}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{of_files, of_manifest};
    use crate::workspace::Crate;

    #[test]
    fn missing_licences_and_packaged_tests_are_found() {
        let files = [
            "CHANGELOG.md",
            "Cargo.toml",
            "LICENSE-MIT",
            "README.md",
            "tests/a.rs",
        ];
        let problems = of_files("a", &files);
        assert_eq!(
            problems,
            [
                "a: the package has no LICENSE-APACHE",
                "a: the package holds tests/"
            ]
        );
    }

    #[test]
    fn missing_metadata_and_labels_are_found() {
        let package = Crate {
            folder: "crates/a".to_owned(),
        };
        let complete = "name = \"a\"\ndescription = \"A\"\ncategories = []\nkeywords = []\n\
                        license.workspace = true\nreadme = \"README.md\"\n\
                        documentation = \"https://docs.rs/a\"\nrust-version = \"1.91\"\n";
        assert!(of_manifest(&package, complete, "").is_empty());
        let without_license = complete.replace("license", "licence");
        assert_eq!(of_manifest(&package, &without_license, "").len(), 1);
        let with_features = format!("{complete}\n[features]\na = []\n");
        assert_eq!(of_manifest(&package, &with_features, "").len(), 2);
    }
}
