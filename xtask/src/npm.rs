//! Packages from npm that tests read. They are not part of this workspace.

use std::path::PathBuf;

use crate::target::tools;

/// A package in one exact version, kept in its own folder below `target`.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Package {
    /// Returns the command that fetches the package. Its scripts do not run.
    pub(crate) fn install_command(&self) -> Vec<String> {
        let folder = self.folder();
        let what = format!("{}@{}", self.name, self.version);
        [
            "npm",
            "install",
            "--prefix",
            &folder.to_string_lossy(),
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            &what,
        ]
        .map(str::to_owned)
        .into()
    }

    /// Returns true if the package was fetched completely: npm writes this list last.
    pub(crate) fn is_complete(&self) -> bool {
        self.folder()
            .join("node_modules/.package-lock.json")
            .exists()
    }

    /// Returns the path of a file of the package.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder()
            .join("node_modules")
            .join(self.name)
            .join(path)
    }

    fn folder(&self) -> PathBuf {
        let name = format!("{}-{}", self.name, self.version);
        tools().join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::Package;

    const PACKAGE: Package = Package {
        name: "axe-core",
        version: "1.2.3",
    };

    #[test]
    fn a_version_has_its_own_folder_below_target() {
        let folder = PACKAGE.folder();
        assert!(
            folder.ends_with("tools/axe-core-1.2.3"),
            "{}",
            folder.display()
        );
        assert!(!PACKAGE.is_complete());
    }

    #[test]
    fn the_version_is_exact() {
        let line = PACKAGE.install_command().join(" ");
        assert!(line.starts_with("npm install --prefix /"), "{line}");
        assert!(line.ends_with(" axe-core@1.2.3"), "{line}");
    }
}
