//! The crates of this workspace and their source files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders of which every subfolder with a manifest is a crate.
const GROUPS: [&str; 2] = ["crates", "examples"];

/// Folders that are a crate each.
const SINGLE: [&str; 2] = ["tests", "xtask"];

/// A crate of this workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crate {
    /// Its folder, relative to the workspace, with slashes: `crates/payment-provider-core`.
    pub(crate) folder: String,
}

impl Crate {
    /// The folder's last part, which names the package, and the crate but for its dashes.
    pub(crate) fn name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }

    /// The absolute path of the folder.
    pub(crate) fn path(&self) -> PathBuf {
        root().join(&self.folder)
    }
}

/// The folder of the workspace's manifest.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// All crates, sorted by folder.
///
/// # Errors
///
/// A folder that cannot be read.
pub(crate) fn crates() -> Result<Vec<Crate>, String> {
    let mut crates: Vec<Crate> = SINGLE
        .map(|folder| Crate {
            folder: folder.to_owned(),
        })
        .into();
    for group in GROUPS {
        for entry in read_dir(&root().join(group))? {
            if entry.join("Cargo.toml").is_file() {
                let name = entry.file_name().unwrap_or_default().to_string_lossy();
                crates.push(Crate {
                    folder: format!("{group}/{name}"),
                });
            }
        }
    }
    crates.sort();
    Ok(crates)
}

/// The crates that are published.
///
/// # Errors
///
/// A folder or manifest that cannot be read.
pub(crate) fn published() -> Result<Vec<Crate>, String> {
    let mut published = Vec::new();
    for found in crates()? {
        let path = found.path().join("Cargo.toml");
        let manifest = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        if !manifest.lines().any(|line| line == "publish = false") {
            published.push(found);
        }
    }
    Ok(published)
}

/// A source file and its text.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path, relative to the workspace.
    pub(crate) path: PathBuf,
    /// Its content.
    pub(crate) text: String,
}

/// All Rust files below a folder, sorted by path; folders named `target` are left out.
///
/// # Errors
///
/// A folder or file that cannot be read.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in read_dir(&folder)? {
            if path.is_dir() {
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
                let path = path.strip_prefix(root()).unwrap_or(&path).to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn read_dir(folder: &Path) -> Result<Vec<PathBuf>, String> {
    fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(|error| unreadable(folder, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::{crates, published, root, rust_files};

    #[test]
    fn crates_are_found_in_every_group() {
        let crates = crates().unwrap();
        for folder in ["crates/payment-provider-core", "tests", "xtask"] {
            assert!(
                crates.iter().any(|found| found.folder == folder),
                "{folder} is not among {crates:?}"
            );
        }
    }

    #[test]
    fn examples_tests_and_this_program_are_not_published() {
        let published = published().unwrap();
        assert!(!published.is_empty());
        assert!(
            published
                .iter()
                .all(|published| published.folder.starts_with("crates/")),
            "{published:?}"
        );
    }

    #[test]
    fn source_paths_are_relative_to_the_workspace() {
        let sources = rust_files(&root().join("xtask")).unwrap();
        assert!(
            sources
                .iter()
                .any(|source| source.path.ends_with("xtask/src/main.rs"))
        );
        assert!(sources.iter().all(|source| source.path.is_relative()));
    }
}
