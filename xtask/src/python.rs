//! Packages of Python that tests use, each in an environment of its own; nothing of them is part of this workspace.

use std::path::PathBuf;
use std::process::Command;

use crate::target::tools;

/// The versions of all that such packages need in turn.
const CONSTRAINTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/python/constraints.txt"
);

/// Ends well where the package that is named after it is there in the version that follows.
const IS_THERE: &str =
    "import importlib.metadata as m, sys; sys.exit(m.version(sys.argv[1]) != sys.argv[2])";

/// A package in one exact version, with a Python that has it and what it needs, and nothing else.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

impl Environment {
    /// The commands that make it, from nothing or from what is left of an earlier try. No code of the packages runs.
    pub(crate) fn install_commands(&self) -> Vec<Vec<String>> {
        let folder = self.folder().to_string_lossy().into_owned();
        let python = self.python().to_string_lossy().into_owned();
        let what = format!("{}=={}", self.package, self.version);
        let make = ["python3", "-m", "venv", "--clear", &folder].map(str::to_owned);
        let fill = [
            &python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--constraint",
            CONSTRAINTS,
            &what,
        ]
        .map(str::to_owned);
        vec![make.into(), fill.into()]
    }

    /// Asks whether it was made to the end: pip installs what a package needs before the package.
    pub(crate) fn check(&self) -> Command {
        let mut command = Command::new(self.python());
        command.args(["-c", IS_THERE, self.package, self.version]);
        command
    }

    /// Its Python.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder().join("bin/python")
    }

    fn folder(&self) -> PathBuf {
        tools().join(format!("{}-{}", self.package, self.version))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{CONSTRAINTS, Environment};

    const ENVIRONMENT: Environment = Environment {
        package: "cashfree-pg",
        version: "1.2.3",
    };

    #[test]
    fn a_version_has_its_own_environment() {
        let python = ENVIRONMENT.python();
        let below = "tools/cashfree-pg-1.2.3/bin/python";
        assert!(python.ends_with(below), "{}", python.display());
        assert!(ENVIRONMENT.check().status().is_err());
    }

    #[test]
    fn versions_are_exact() {
        let commands = ENVIRONMENT.install_commands();
        let line = commands[1].join(" ");
        assert!(line.ends_with(" cashfree-pg==1.2.3"), "{line}");
        let constraints = fs::read_to_string(CONSTRAINTS).unwrap();
        let mut pins = constraints.lines().filter(|line| !line.starts_with('#'));
        assert!(pins.all(|pin| pin.contains("==")), "{constraints}");
    }
}
